//! "What if the link drops now?": the real core is driven into each situation, each thing happens to it there, and what it does is
//! written down. The console's page `/safety` shows these answers; nothing on it is typed by hand.

use super::truck::{NEUTRAL, OPEN, Stage, watching};
use super::what_happens::{EVENTS, Event};
use farhand_protocol::{SafetyState, VehicleState};
use farhand_safety::{Persisted, Plan, RULES};
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../operator-console/web/src/safety/what-if.json");
/// How long each story is, and how far apart its points are.
const STORY_MS: u64 = 8000;
const POINT_MS: u64 = 100;

/// Where a story begins.
struct Situation {
    id: &'static str,
    /// What a person sees there.
    title: &'static str,
    begin: fn() -> Stage,
}

const SITUATIONS: [Situation; 7] = [
    Situation { id: "parked", title: "Parked, nobody has control", begin: parked },
    Situation { id: "handover", title: "Handover: a person is about to drive", begin: handover },
    Situation { id: "teleop", title: "Driven remotely at 2 m/s", begin: teleop },
    Situation { id: "auto", title: "Drives itself at 1.5 m/s, 6 m of its path released", begin: auto },
    Situation { id: "stopping", title: "Stopping, 0.4 s after the link was lost", begin: stopping },
    Situation { id: "halted", title: "Stopped and latched, all causes gone", begin: halted },
    Situation { id: "button", title: "The red button is pressed", begin: button },
];

fn parked() -> Stage {
    let mut stage = Stage::with(watching(), Some(Persisted::default()));
    stage.until(SafetyState::Parked);
    stage.run_ms(500);
    stage
}

fn handover() -> Stage {
    let mut stage = parked();
    stage.grant();
    stage.until(SafetyState::Handover);
    stage.hands = NEUTRAL;
    stage.run_ms(2100);
    stage
}

fn teleop() -> Stage {
    Stage::driving_with(watching(), 2000)
}

const RELEASED_MM: i32 = 6000;

fn auto() -> Stage {
    let mut stage = Stage::by_itself(1500);
    stage.plan = stage.plan.map(|plan| Plan { base_left_mm: RELEASED_MM, ..plan });
    stage
}

/// The world moves on with the truck: its released path grows only while the gateway is there, and what is ahead comes nearer.
fn world_moves(stage: &mut Stage) {
    let before_um = stage.travelled_um.saturating_sub(stage.speed_um_s.unsigned_abs() / 100);
    let driven_mm = i32::try_from(stage.travelled_um / 1000 - before_um / 1000).expect("a tick's way");
    let connected = stage.gateway_connected && stage.agent_alive;
    if let Some(plan) = &mut stage.plan {
        plan.base_left_mm = if connected { RELEASED_MM } else { (plan.base_left_mm - driven_mm).max(0) };
    }
    if let Some(seen) = stage.seen.as_mut().filter(|seen| seen.free_distance_mm < OPEN.free_distance_mm) {
        seen.free_distance_mm = (seen.free_distance_mm - driven_mm).max(0);
    }
}

fn stopping() -> Stage {
    let mut stage = teleop();
    stage.commands_flow = false;
    stage.until(SafetyState::SafeStop);
    stage.run_ms(150);
    stage.commands_flow = true;
    stage.hands = NEUTRAL;
    stage
}

fn halted() -> Stage {
    let mut stage = stopping();
    stage.until(SafetyState::Halt);
    stage.run_ms(3000);
    stage
}

fn button() -> Stage {
    let mut stage = teleop();
    stage.emergency_stop = true;
    stage.hands = NEUTRAL;
    stage.run_ms(4000);
    stage
}

/// One story: what the vehicle says whenever it says something else, and its speed all along.
fn story(mut stage: Stage, event: &Event) -> Value {
    let start = stage.now;
    let (mut steps, mut said, mut speeds) = (vec![step(0, &stage.snapshot())], words(&stage.snapshot()), Vec::new());
    let mut caps = Vec::new();
    (event.begin)(&mut stage);
    for _ in 0..STORY_MS / 10 {
        let since = stage.now.since(start);
        let at_ms = u64::try_from(since.as_millis()).expect("some seconds");
        if at_ms.is_multiple_of(POINT_MS) {
            speeds.push(stage.speed_mm_s());
            caps.push(stage.snapshot().cap_mm_s);
        }
        (event.each_tick)(&mut stage, at_ms);
        world_moves(&mut stage);
        stage.tick();
        let shown = stage.snapshot();
        let now = words(&shown);
        if now != said {
            steps.push(step(at_ms + 10, &shown));
            said = now;
        }
    }
    json!({ "steps": steps, "speeds_mm_s": speeds, "caps_mm_s": caps })
}

/// What makes a step worth telling: the numbers change all the time, these do not.
fn words(state: &VehicleState) -> Value {
    json!([state.state, state.causes, state.needs, state.protection])
}

fn step(at_ms: u64, state: &VehicleState) -> Value {
    json!({
        "at_ms": at_ms,
        "state": state.state,
        "causes": state.causes,
        "needs": state.needs,
        "speed_mm_s": state.speed_mm_s,
        "cap_mm_s": state.cap_mm_s,
        "cap_term": state.cap_term,
    })
}

fn page() -> Value {
    let rule = |rule: &farhand_safety::Rule| {
        json!({
            "cause": rule.cause,
            "meaning": rule.meaning,
            "action": rule.action.words(),
            "clears": rule.clears.words(),
            "take_over": rule.take_over,
        })
    };
    let told = |id: &str, title: &str| json!({ "id": id, "title": title });
    let stories = |situation: &Situation| -> Value {
        let begun = (situation.begin)();
        let each = EVENTS.iter().map(|event| (event.id.to_owned(), story(begun.clone(), event)));
        Value::Object(each.collect())
    };
    let answers: serde_json::Map<_, _> =
        SITUATIONS.iter().map(|situation| (situation.id.to_owned(), stories(situation))).collect();
    json!({
        "point_ms": POINT_MS,
        "rules": RULES.iter().map(rule).collect::<Vec<_>>(),
        "situations": SITUATIONS.iter().map(|situation| told(situation.id, situation.title)).collect::<Vec<_>>(),
        "events": EVENTS.iter().map(|event| told(event.id, event.title)).collect::<Vec<_>>(),
        "answers": answers,
    })
}

#[test]
fn the_page_what_if_tells_what_the_core_does() {
    if std::env::var_os("FARHAND_GENERATE").is_some() {
        std::fs::write(FILE, format!("{}\n", page())).expect("operator-console/web/src/safety can be written");
    }
    let told = std::fs::read_to_string(FILE).expect("operator-console/web/src/safety/what-if.json exists");
    // Compared by what it says: the order of its words depends on what else is built.
    let told: Value = serde_json::from_str(&told).expect("the page's stories are JSON");
    assert!(told == page(), "stale: run FARHAND_GENERATE=1 cargo nextest run --workspace the_page");
}

#[test]
fn no_story_of_the_page_ends_in_motion_without_a_link() {
    for situation in &SITUATIONS {
        let gone = EVENTS.iter().find(|event| event.id == "link_gone").expect("the first question of all");
        let told = story((situation.begin)(), gone);
        assert_eq!(
            told["speeds_mm_s"].as_array().and_then(|all| all.last()).and_then(Value::as_i64),
            Some(0),
            "{}",
            situation.id
        );
    }
    let driven = story((SITUATIONS[2].begin)(), &EVENTS[0]);
    let braked = &driven["steps"][1];
    assert_eq!((braked["state"].as_str(), braked["at_ms"].as_u64() <= Some(270)), (Some("SafeStop"), true), "{driven}");
}
