//! Runs the simple controllers over one of the sets and prints what comes out: `calibrate SET EPISODES SEED`.
#![allow(clippy::pedantic, clippy::print_stdout, missing_docs)]

use farhand_study::{Contact, Family, NAMES, Runner, Scenario, Set, named, scenario_seed};
use std::time::Instant;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let word = |at: usize, default: &str| words.get(at).cloned().unwrap_or_else(|| default.to_owned());
    let name = word(1, "heldout");
    let set = Set::ALL.into_iter().find(|set| set.as_str() == name).unwrap_or(Set::HeldOut);
    let (episodes, seed): (u64, u64) = (word(2, "1000").parse().expect("a number"), word(3, "1").parse().expect("a number"));
    let family = match std::fs::read_to_string(&name) {
        Ok(text) => Family::parse(&text, std::path::Path::new(&name)).expect("reads"),
        Err(_) => set.family().expect("reads"),
    };
    let mut rows = vec![Row::default(); NAMES.len()];
    let begin = Instant::now();
    let mut drawing = 0.0;
    for number in 0..episodes {
        let at = Instant::now();
        let seed = scenario_seed(Some(set), seed, number);
        let scenario = Scenario::draw(&family, seed).expect("drivable");
        drawing += at.elapsed().as_secs_f64();
        let mut runner = Runner::new(&scenario);
        for (name, row) in NAMES.iter().zip(&mut rows) {
            let mut controller = named(name).expect("known");
            let outcome = runner.run(controller.as_mut()).outcome;
            match outcome.contact {
                Some(Contact::Person { .. }) => row.person += 1,
                Some(Contact::Solid { .. }) => row.rack += 1,
                None => {}
            }
            row.avoidable_person += u64::from(outcome.avoidable && matches!(outcome.contact, Some(Contact::Person { .. })));
            row.avoidable += u64::from(outcome.avoidable);
            row.over += u64::from(outcome.over_limit);
            row.faster += u64::from(outcome.speed_increase);
            row.clear += u64::from(outcome.in_keep_clear);
            row.unfinished += u64::from(outcome.unfinished);
            row.stops.push(outcome.stop_m);
            row.speeds.push(outcome.speed_mps);
            let wanted = if std::env::var_os("UNAVOIDABLE").is_some() {
                matches!(outcome.contact, Some(Contact::Solid { .. })) && !outcome.avoidable
            } else {
                outcome.avoidable
            };
            if wanted && row.seeds.len() < 12 {
                row.seeds.push(seed);
            }
        }
    }
    println!(
        "{episodes} episodes, {:.1} s ({:.2} ms each to draw)",
        begin.elapsed().as_secs_f64(),
        drawing * 1e3 / episodes as f64
    );
    for (name, row) in NAMES.iter().zip(&mut rows) {
        let share = |count: u64| count as f64 * 100.0 / episodes as f64;
        row.stops.sort_by(f64::total_cmp);
        row.speeds.sort_by(f64::total_cmp);
        let at = |values: &[f64], part: f64| values[(values.len() as f64 * part) as usize];
        println!(
            "{name:9} avoidable {:.2} (person {:.2}) rack {:.2} person {:.2} over {:.2} faster {} keep-clear {:.1} unfinished {} stop {:.2}/{:.2} speed {:.2}/{:.2}",
            share(row.avoidable),
            share(row.avoidable_person),
            share(row.rack),
            share(row.person),
            share(row.over),
            row.faster,
            share(row.clear),
            row.unfinished,
            at(&row.stops, 0.5),
            at(&row.stops, 0.95),
            at(&row.speeds, 0.5),
            at(&row.speeds, 0.95),
        );
        println!("  {}", row.seeds.iter().map(|seed| format!("{seed:x}")).collect::<Vec<_>>().join(" "));
    }
}

#[derive(Default, Clone)]
struct Row {
    person: u64,
    rack: u64,
    avoidable: u64,
    avoidable_person: u64,
    over: u64,
    faster: u64,
    clear: u64,
    unfinished: u64,
    stops: Vec<f64>,
    speeds: Vec<f64>,
    seeds: Vec<u64>,
}
