//! farhand-lease.
