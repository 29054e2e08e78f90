//! The command by itself, without what else `farhand-sim` brings along: `cargo run -p farhand-traffic --example traffic -- --help`.

use clap::Parser;

#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    options: farhand_traffic::Options,
}

fn main() -> anyhow::Result<()> {
    farhand_traffic::run(&Arguments::parse().options, &mut std::io::stdout().lock())
}
