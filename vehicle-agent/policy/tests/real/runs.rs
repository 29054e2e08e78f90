//! What the policy answers: the model's scores, or the fault because of which there are none.

use crate::rig::{AT, features, floats, library, models, open, row, scored, settled, trial};
use farhand_policy::{Fault, MOST_AGE, MOST_TIME, Model, Policy, Trial};
use farhand_protocol::MonoTime;
use farhand_senses::SCORES;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[test]
fn the_trainers_golden_vectors_of_every_committed_model_are_reproduced() {
    let with_golden = models().into_iter().filter(|folder| folder.join("golden.json").is_file());
    let largest: Vec<(PathBuf, f32)> = with_golden.map(|folder| (folder.clone(), largest_difference(&folder))).collect();
    assert!(!largest.is_empty() && largest.iter().all(|(_, difference)| *difference <= 1e-4), "{largest:?}");
}

fn largest_difference(folder: &Path) -> f32 {
    let text = std::fs::read(folder.join("golden.json")).expect("read");
    let golden: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let mut policy = Policy::open(&folder.join("card.json"), &library()).expect("opens");
    assert_eq!(golden["sha256"], policy.card().sha256.as_str(), "golden vectors of another model");
    let (rows, answers) = (golden["senses"].as_array().expect("rows"), golden["scores"].as_array().expect("rows"));
    assert!(rows.len() == answers.len() && rows.len() >= 16);
    let mut largest = 0.0_f32;
    for (senses, scores) in rows.iter().zip(answers) {
        let found = scored(&mut policy, &row(senses));
        for (found, wanted) in found.values.iter().zip(floats(scores)) {
            largest = largest.max((found - wanted).abs());
        }
    }
    largest
}

#[test]
fn without_a_thread_the_same_scores_come_out() {
    let mut model = Model::open(&trial("sound").join("card.json"), &library()).expect("opens");
    let scores = model.scores(&features()).expect("scores");
    assert_eq!(scores, scored(&mut open("sound"), &features()).values);
    assert_eq!(scores, model.scores(&features()).expect("scores"));
    let mut spoilt = Model::open(&trial("nan").join("card.json"), &library()).expect("opens");
    assert_eq!(spoilt.scores(&features()), Err(Fault::NotFinite));
}

#[test]
fn scores_carry_the_stamp_of_their_question_and_grow_old() {
    let mut policy = open("sound");
    assert_eq!(policy.newest(AT), Err(Fault::NotYet));
    let answer = scored(&mut policy, &features());
    assert_eq!((answer.at, answer.values.len()), (AT, SCORES));
    assert!(answer.took <= MOST_TIME);
    assert_eq!(policy.newest(AT.after(MOST_AGE)), Ok(answer), "still of use");
    assert_eq!(policy.newest(AT.after(MOST_AGE + Duration::from_micros(1))), Err(Fault::Late));
    assert_eq!(policy.newest(MonoTime(AT.0 - 1)), Err(Fault::Late), "from the future");
    assert!(policy.counts().of(Fault::Late) == 2 && policy.counts().of(Fault::NotYet) >= 1);
}

#[test]
fn a_model_that_answers_nan_gives_no_scores() {
    let mut policy = open("nan");
    for times in 1..=3 {
        policy.ask(AT, features());
        assert_eq!(settled(&mut policy), Err(Fault::NotFinite));
        assert_eq!((policy.counts().of(Fault::NotFinite), policy.counts().scored), (times, 0));
    }
}

#[test]
fn a_slow_model_gives_no_scores_and_keeps_nobody_waiting() {
    let mut policy = open("slow");
    for _ in 0..6 {
        policy.ask(AT, features());
    }
    // The model is still at work on the first of them.
    assert_eq!(policy.newest(AT), Err(Fault::NotYet));
    assert_eq!(settled(&mut policy), Err(Fault::Slow));
    let counts = policy.counts();
    assert_eq!(counts.asked, counts.replaced + counts.of(Fault::Slow), "{counts:?}");
    assert!((1..6).contains(&counts.of(Fault::Slow)), "only the newest questions are looked at: {counts:?}");
}

#[test]
fn a_thread_that_ended_is_noticed_and_its_last_scores_are_not_used() {
    let card = trial("sound").join("card.json");
    let mut policy = Policy::open_for_trial(&card, &library(), Trial::EndAt(2)).expect("opens");
    policy.ask(AT, features());
    // Nothing more is asked until it is answered, so that the second question is the second.
    let _ = settled(&mut policy);
    policy.ask(AT, features());
    while policy.newest(AT) != Err(Fault::Ended) {
        std::thread::yield_now();
    }
    policy.ask(AT, features());
    assert_eq!(policy.newest(AT), Err(Fault::Ended));
    assert!(policy.counts().of(Fault::Ended) >= 2);
}
