//! farhand-sim.
fn main() {}
