//! farhand-agent.
fn main() {}
