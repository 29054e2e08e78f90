//! farhand-gateway.
fn main() {}
