//! The things that may happen on the page "what if".

use super::truck::{NEUTRAL, OPEN, Stage};
use farhand_protocol::SafetyState;
use farhand_safety::{Input, Surroundings};

/// One thing that happens.
pub struct Event {
    pub id: &'static str,
    pub title: &'static str,
    /// At the beginning.
    pub begin: fn(&mut Stage),
    /// Before each tick, with the milliseconds since.
    pub each_tick: fn(&mut Stage, u64),
}

const fn event(id: &'static str, title: &'static str, begin: fn(&mut Stage)) -> Event {
    Event { id, title, begin, each_tick: |_, _| {} }
}

pub const EVENTS: [Event; 26] = [
    event("link_gone", "The link drops for good", |stage| {
        (stage.commands_flow, stage.gateway_connected) = (false, false);
    }),
    Event {
        each_tick: |stage, at_ms| stage.commands_flow = at_ms >= 200,
        ..event("link_away_200", "The link is away for 0.2 s", |_| {})
    },
    Event {
        each_tick: |stage, at_ms| stage.commands_flow = at_ms >= 1000,
        ..event("link_away_1000", "The link is away for 1 s", |_| {})
    },
    Event {
        each_tick: |stage, at_ms| stage.commands_flow = at_ms % 500 >= 200,
        ..event("link_flaps", "The link comes and goes, twice a second", |_| {})
    },
    Event {
        each_tick: |stage, at_ms| stage.picture_age_ms = (60 + at_ms / 4).min(400),
        ..event("pictures_late", "The pictures grow late, up to 0.4 s", |_| {})
    },
    Event {
        each_tick: |stage, at_ms| stage.picture_age_ms = 60 + at_ms,
        ..event("pictures_stop", "The pictures on the screen stop", |_| {})
    },
    event("picture_frozen", "The front camera freezes", |stage| stage.picture_frozen = true),
    event("pictures_swapped", "The front and the rear camera are exchanged", |stage| stage.pictures_swapped = true),
    event("let_go", "The operator lets go", |stage| stage.hands = NEUTRAL),
    event("pressed_through", "The operator cramps: the switch is pressed through", |stage| {
        stage.hands.pressed_through = Some(true);
    }),
    event("stop", "Somebody presses Stop", |stage| stage.take(Input::Stop)),
    event("released", "The operator gives back control", |stage| {
        let epoch = stage.epoch;
        stage.take(Input::LeaseEnd(epoch));
    }),
    event("revoked", "A supervisor takes control away", |stage| {
        let epoch = stage.epoch;
        stage.take(Input::LeaseRevoked(epoch));
    }),
    event("agent_dies", "The agent's process dies", |stage| {
        stage.agent_alive = false;
        stage.take(Input::AgentGone);
    }),
    event("guardian_restarts", "The guardian's process restarts", Stage::restart),
    event("machine_silent", "The machine's drive falls silent", |stage| stage.machine_alive = false),
    event("red_button", "Somebody presses the red button on the truck", |stage| stage.emergency_stop = true),
    Event {
        each_tick: |stage, at_ms| stage.emergency_stop = at_ms < 2000,
        ..event("red_button_reset", "The red button is pressed, and reset after 2 s", |_| {})
    },
    event("person_ahead", "A person steps out 1.5 m ahead", |stage| {
        sees(stage, Surroundings { free_distance_mm: 1500, ..OPEN });
    }),
    event("breach", "Something is closer than the truck can stop", |stage| {
        sees(stage, Surroundings { free_distance_mm: 200, breached: true, ..OPEN });
    }),
    event("no_way_out", "The guard finds no stop that is free", |stage| {
        sees(stage, Surroundings { way_out: false, ..OPEN });
    }),
    event("scanner_silent", "The safety scanners fall silent", |stage| stage.seen = None),
    event("wheel_stuck", "The steering sticks while it is turned", |stage| {
        stage.wheel_follows = false;
        stage.hands.steering_mrad = 400;
    }),
    event("lost_place", "The truck loses its place on the map", |stage| {
        stage.localised = false;
        stage.plan = stage.plan.map(|plan| farhand_safety::Plan { localised: false, ..plan });
    }),
    event("disk_full", "The disk for the safety state is full", |stage| stage.disk_works = false),
    Event {
        each_tick: go_back,
        ..event("ritual", "The operator does what is asked, step by step", |stage| {
            stage.emergency_stop = false;
            stage.hands = NEUTRAL;
        })
    },
];

fn sees(stage: &mut Stage, seen: Surroundings) {
    stage.seen = Some(seen);
}

/// What a willing operator does: takes control, acknowledges, is neutral, confirms, enables and drives slowly.
fn go_back(stage: &mut Stage, at_ms: u64) {
    stage.hands = NEUTRAL;
    match stage.state() {
        SafetyState::Parked if at_ms >= 500 && !stage.snapshot().lease_live => stage.grant(),
        SafetyState::Halt | SafetyState::EStop => {
            if !stage.snapshot().lease_live {
                stage.grant();
            }
            stage.hands.rearm = at_ms >= 500;
        }
        // Released for a moment after the re-arm: to confirm is an act.
        SafetyState::Parked => stage.hands.confirm = at_ms % 1000 >= 500,
        SafetyState::Handover => stage.hands.enable = stage.snapshot().needs == [farhand_protocol::Need::Enable],
        SafetyState::Teleop => (stage.hands.enable, stage.hands.speed_mm_s) = (true, 500),
        _ => {}
    }
}
