//! farhand-world.
