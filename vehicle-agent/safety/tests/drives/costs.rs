//! What a decision costs: no memory, and few lines.

use super::truck::{AHEAD, FRONT, REAR, Stage, watching};
use farhand_protocol::{MonoTime, SafetyState as S, StopRung};
use farhand_safety::{Content, Core, Input, Manoeuvre, Persisted, Surroundings};
use std::time::Duration;

/// A drive as a list of what arrived before each tick, so that nothing but the core itself runs while it is measured.
fn recorded(mut stage: Stage, ticks: usize) -> (Core, Vec<(MonoTime, Vec<Owned>)>) {
    let core = stage.core.clone();
    let mut steps = Vec::new();
    for tick in 0..ticks {
        stage.now = stage.now.after(Duration::from_millis(10));
        let now = stage.now;
        stage.hands.steering_mrad = i32::try_from(tick % 400).expect("small") - 200;
        // A gap in the end that stops it, and bytes that are no command.
        let silent = (10_000..10_040).contains(&tick);
        let mut inputs = vec![Owned::Machine, Owned::Around(Surroundings { at: now, scan_at: now, ..super::truck::OPEN })];
        if !silent {
            let commands = [stage.command_bytes(), vec![0xa1; 40], b"\xa1\x64ping\xa1\x6boperator_us\x07".to_vec()];
            inputs.extend([Owned::Beat, Owned::Picture]);
            inputs.extend(commands.map(Owned::Command));
        }
        for input in &inputs {
            input.give(&mut stage);
        }
        stage.decide();
        let inputs = inputs.into_iter().map(|input| input.resolved(&stage)).collect();
        steps.push((now, inputs));
    }
    (core, steps)
}

const SOFT: Manoeuvre = Manoeuvre { id: 1, steering_mrad: 10, brake_mm_s2: 700, rung: StopRung::Manoeuvre };

/// An input that can be kept.
enum Owned {
    Machine,
    Sample(farhand_safety::MachineSample),
    Around(Surroundings),
    Beat,
    Picture,
    Command(Vec<u8>),
}

impl Owned {
    fn give(&self, stage: &mut Stage) {
        let (now, sample) = (stage.now, stage.sample());
        match self {
            Self::Machine => stage.take(Input::Machine(sample)),
            Self::Sample(sample) => stage.take(Input::Machine(*sample)),
            Self::Around(seen) => stage.take(Input::Surroundings(*seen)),
            Self::Beat => stage.take(Input::AgentBeat(now)),
            Self::Picture => {
                stage.captures.push(now);
                stage.take(Input::Sent(FRONT, now));
                stage.take(Input::Sent(REAR, now));
                let count = now.0;
                stage.take(Input::Content(Content { camera: FRONT, capture: now, frame: count, changes: count, motion: None }));
                stage.take(Input::Manoeuvre(SOFT));
            }
            Self::Command(bytes) => stage.send(bytes),
        }
    }

    fn resolved(self, stage: &Stage) -> Self {
        if matches!(self, Self::Machine) { Self::Sample(stage.sample()) } else { self }
    }

    /// The same for a bare core.
    fn tell(&self, core: &mut Core, now: MonoTime) {
        let count = now.0;
        let inputs = match self {
            Self::Machine => [None, None, None, None],
            Self::Beat => [Some(Input::AgentBeat(now)), None, None, None],
            Self::Sample(sample) => {
                [Some(Input::Machine(farhand_safety::MachineSample { at: now, ..*sample })), None, None, None]
            }
            Self::Around(seen) => [Some(Input::Surroundings(*seen)), None, None, None],
            Self::Picture => [
                Some(Input::Sent(FRONT, now)),
                Some(Input::Sent(REAR, now)),
                Some(Input::Content(Content { camera: FRONT, capture: now, frame: count, changes: count, motion: None })),
                Some(Input::Manoeuvre(SOFT)),
            ],
            Self::Command(bytes) => [Some(Input::Command(bytes)), None, None, None],
        };
        for input in inputs.into_iter().flatten() {
            let _ = core.take(now, input);
        }
    }
}

#[test]
fn deciding_takes_no_memory_however_long_it_drives() {
    let (mut core, steps) = recorded(Stage::driving_with(watching(), 900), 12_000);
    let mut moved = 0_u32;
    let used = allocation_counter::measure(|| {
        for (now, inputs) in &steps {
            for input in inputs {
                input.tell(&mut core, *now);
            }
            let output = core.tick(*now);
            moved += u32::from(output.drive.speed_mm_s != 0);
            if let Some(stored) = output.store {
                let _ = core.take(*now, Input::Stored(stored));
            }
        }
    });
    assert_eq!((moved > 9000, core.state()), (true, S::Halt), "it drove in {moved} of 12,000 ticks, then stopped");
    assert_eq!((used.count_total, used.bytes_total), (0, 0));
}

#[test]
fn a_step_is_the_takes_and_the_tick() {
    let mut stage = Stage::by_itself(1000);
    stage.plan = Some(AHEAD);
    let now = stage.now.after(Duration::from_millis(10));
    let (before, sample) = (stage.core.clone(), stage.sample());
    let inputs = [
        Input::Machine(farhand_safety::MachineSample { at: now, ..sample }),
        Input::AgentBeat(now),
        Input::LeaseGrant(farhand_protocol::LeaseEpoch(0)),
        Input::Stop,
    ];
    let mut by_hand = before.clone();
    let answers: Vec<_> = inputs.iter().filter_map(|input| by_hand.take(now, *input)).collect();
    let output = by_hand.tick(now);
    let (stepped, stepped_output) = before.clone().step(now, &inputs);
    assert_eq!(stepped, by_hand);
    assert_eq!(stepped_output.answer, answers.last().copied());
    assert_eq!(farhand_safety::Output { answer: None, ..stepped_output }, output);
    assert_eq!(output.transition.map(|way| way.to), Some(S::SafeStop));
    assert_eq!(before.step(now, &inputs).1, stepped_output, "and again the same");
}

/// The state machine and its gate: what must be read to know what moves the vehicle.
const DECIDING: [&str; 9] = [
    include_str!("../../src/core.rs"),
    include_str!("../../src/states.rs"),
    include_str!("../../src/observe.rs"),
    include_str!("../../src/gate.rs"),
    include_str!("../../src/drive.rs"),
    include_str!("../../src/stop.rs"),
    include_str!("../../src/handover.rs"),
    include_str!("../../src/needs.rs"),
    include_str!("../../src/auto.rs"),
];

#[test]
fn what_decides_can_be_read_in_an_afternoon() {
    let code = |text: &str| {
        let own = text.split("#[cfg(test)]").next().unwrap_or_default();
        own.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
    };
    let lines: usize = DECIDING.into_iter().map(code).sum();
    assert!(lines <= 1500, "{lines} lines of code; 1500 are allowed");
}

#[test]
fn a_file_that_is_missing_is_not_the_same_as_an_empty_one() {
    let mut missing = Stage::with(watching(), None);
    let mut empty = Stage::with(watching(), Some(Persisted::default()));
    missing.run_ms(50);
    empty.run_ms(50);
    assert_eq!((missing.state(), empty.state()), (S::Halt, S::Parked));
}
