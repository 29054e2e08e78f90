//! How long the model takes for one situation, asked one at a time as the agent does.
//!
//! `cargo run -p farhand-policy --example measure CARD [LIBRARY] [TIMES]` prints p50, p99, p99.9 and max, and what was dropped.
#![allow(clippy::print_stdout)]

use farhand_policy::{Fault, Policy};
use farhand_protocol::MonoTime;
use farhand_senses::{FEATURES, Features};
use std::path::Path;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let card = words.next().ok_or("name a model's card.json")?;
    let library = words.next().unwrap_or_else(|| "target/onnxruntime/libonnxruntime.so".to_owned());
    let times: u64 = words.next().map_or(Ok(20_000), |word| word.parse())?;
    let mut policy = Policy::open(Path::new(&card), Path::new(&library))?;
    println!("{} {}", policy.card().name, policy.card().sha256);
    let features = Features::kept([0.5; FEATURES]).ok_or("the row is finite")?;
    let mut took = Vec::new();
    for time in 1..=times {
        let at = MonoTime(time);
        policy.ask(at, features.clone());
        loop {
            match policy.newest(at) {
                Ok(scored) if scored.at == at => break took.push(scored.took),
                Err(Fault::Slow | Fault::NotFinite | Fault::Run | Fault::Length) if is_done(&policy) => break,
                Err(Fault::Ended) => return Err("the policy's thread has ended".into()),
                _ => std::thread::yield_now(),
            }
        }
    }
    took.sort_unstable();
    println!("N = {}, us: {}", took.len(), figures(&took));
    let counts = policy.counts();
    println!("dropped: {} slow, {} not finite", counts.of(Fault::Slow), counts.of(Fault::NotFinite));
    Ok(())
}

/// True if nothing that was asked is still to be looked at.
fn is_done(policy: &Policy) -> bool {
    let counts = policy.counts();
    let faults = [Fault::Run, Fault::Length, Fault::NotFinite, Fault::Slow].map(|fault| counts.of(fault));
    counts.asked == counts.replaced + counts.scored + faults.iter().sum::<u64>()
}

fn figures(took: &[Duration]) -> String {
    let at = |share: usize| took.get(took.len() * share / 1000).or(took.last()).map_or(0.0, |time| time.as_secs_f64() * 1e6);
    format!("p50 {:.1}, p99 {:.1}, p99.9 {:.1}, max {:.1}", at(500), at(990), at(999), at(1000))
}
