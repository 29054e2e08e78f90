//! Writes pictures: `draw SET CONTROLLER FOLDER SEED...`, seeds in hexadecimal.
#![allow(clippy::pedantic, clippy::print_stdout, missing_docs)]

use farhand_study::{Runner, Scenario, Set, named, picture, set_of};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    for seed in &words[3..] {
        let seed = u64::from_str_radix(seed, 16).expect("hexadecimal");
        let family = set_of(seed).unwrap_or(Set::HeldOut).family().expect("reads");
        let scenario = Scenario::draw(&family, seed).expect("drivable");
        let mut controller = named(&words[1]).expect("known");
        let episode = Runner::new(&scenario).run(controller.as_mut());
        let caption = format!("{} {seed:x}; controller {}", words[0], words[1]);
        std::fs::write(format!("{}/{seed:x}-{}.svg", words[2], words[1]), picture(&scenario, &episode, &caption))
            .expect("written");
    }
}
