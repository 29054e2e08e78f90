//! farhand-api.
