//! farhand-store.
