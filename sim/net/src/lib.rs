//! farhand-net.
