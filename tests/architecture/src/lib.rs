//! farhand-architecture.
