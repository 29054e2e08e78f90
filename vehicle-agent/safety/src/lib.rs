//! farhand-safety.
