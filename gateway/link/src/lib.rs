//! farhand-link.
