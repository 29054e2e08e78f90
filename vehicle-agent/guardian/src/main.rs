//! farhand-guardian.
fn main() {}
