//! farhand-transport.
