//! farhand-cameras.
