//! Things that may happen to a vehicle, for random drives: clumsy hands, bad links, dying parts, arbitrary numbers.

use super::hastes::{HASTES, Haste, hurry};
use super::truck::{AHEAD, Hands, NEUTRAL, OPEN, Stage};
use farhand_protocol::{Command, FromConsole, LeaseEpoch, MissionEpoch, MonoTime, SafetyState as S, StopRung, encode};
use farhand_safety::{Input, MachineSample, Manoeuvre, Plan, Surroundings};
use proptest::prelude::*;

/// One thing that may happen between two ticks.
#[derive(Debug, Clone)]
pub enum Act {
    Ticks(u8),
    Jump(u16),
    Switch(Part, bool),
    /// Away for so many ticks, then back.
    Glitch(Part, u8),
    PictureAge(u16),
    Hands {
        enable: bool,
        speed: i32,
        steering: i32,
        lift: i32,
        confirm: bool,
        rearm: bool,
        age: u32,
    },
    Wild {
        epoch: u64,
        seq: u64,
        speed: i32,
        steering: i32,
        enable: bool,
    },
    Replay,
    Bytes(Vec<u8>),
    Report {
        speed: i32,
        steering: i32,
        fork: i32,
        travelled: u64,
        skew: u32,
    },
    /// The wheel is at its stop, and its reading wanders.
    FullLock {
        wheel: i32,
        wobble: i32,
    },
    Around {
        free: i32,
        side: i32,
        guard: i32,
        edge: Option<i32>,
        zone: Option<i32>,
        way_out: bool,
        breached: bool,
    },
    Manoeuvre(Option<(i32, i32, u8)>),
    Plan(Option<(i32, i32, i32, i32, i32, bool)>),
    Stop,
    Suspend,
    Grant,
    GrantAgain(u64),
    EndLease(bool),
    Release,
    ReleaseAgain,
    EndMission,
    Crash,
    // What willing people do, so that random drives come far.
    TakeOver,
    GoByItself,
    ComeBack,
    /// And what hasty ones do.
    Hasty(Haste),
}

/// What can be there or away.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    Commands,
    Pictures,
    Content,
    Cables,
    Agent,
    Gateway,
    Machine,
    Scanner,
    Place,
    Button,
    Disk,
    Wheel,
    Brake,
    Forks,
}

const PARTS: [Part; 14] = [
    Part::Commands,
    Part::Pictures,
    Part::Content,
    Part::Cables,
    Part::Agent,
    Part::Gateway,
    Part::Machine,
    Part::Scanner,
    Part::Place,
    Part::Button,
    Part::Disk,
    Part::Wheel,
    Part::Brake,
    Part::Forks,
];

pub fn act() -> impl Strategy<Value = Act> {
    let part = || prop::sample::select(&PARTS[..]);
    prop_oneof![
        20 => (1_u8..120).prop_map(Act::Ticks),
        1 => (1_u16..400).prop_map(Act::Jump),
        2 => (part(), prop::bool::weighted(0.6)).prop_map(|(part, works)| Act::Switch(part, works)),
        8 => (part(), 1_u8..100).prop_map(|(part, ticks)| Act::Glitch(part, ticks)),
        // Half a metre takes a while.
        2 => (60_u8..120).prop_map(|ticks| Act::Glitch(Part::Cables, ticks)),
        1 => (0_u16..800).prop_map(Act::PictureAge),
        6 => (any::<bool>(), -2600..2600_i32, -1400..1400_i32, -500..500_i32, any::<bool>(), any::<bool>(), 0..300_u32)
            .prop_map(|(enable, speed, steering, lift, confirm, rearm, age)| Act::Hands {
                enable, speed, steering, lift, confirm, rearm, age
            }),
        8 => (-2500..2500_i32, -300..300_i32, -400..400_i32).prop_map(|(speed, steering, lift)| Act::Hands {
            enable: true, speed, steering, lift, confirm: true, rearm: true, age: 0
        }),
        2 => (0..6_u64, 0..5000_u64, any::<i32>(), any::<i32>(), any::<bool>())
            .prop_map(|(epoch, seq, speed, steering, enable)| Act::Wild { epoch, seq, speed, steering, enable }),
        2 => Just(Act::Replay),
        1 => proptest::collection::vec(any::<u8>(), 0..64).prop_map(Act::Bytes),
        2 => report(),
        2 => (prop::sample::select(vec![-1300, 1300]), -9..9_i32).prop_map(|(wheel, wobble)| Act::FullLock { wheel, wobble }),
        2 => around(),
        3 => prop::option::of((any::<i32>(), -100..3000_i32, 0..4_u8)).prop_map(Act::Manoeuvre),
        2 => prop::option::of((-2600..2600_i32, -1400..1400_i32, -500..500_i32, -50..9000_i32, -400..400_i32, any::<bool>()))
            .prop_map(Act::Plan),
        1 => Just(Act::Stop),
        1 => Just(Act::Grant),
        1 => (0..3_u64).prop_map(Act::GrantAgain),
        1 => any::<bool>().prop_map(Act::EndLease),
        1 => prop::sample::select(vec![Act::Suspend, Act::Crash, Act::Release, Act::ReleaseAgain, Act::EndMission]),
        12 => Just(Act::TakeOver),
        4 => Just(Act::GoByItself),
        12 => Just(Act::ComeBack),
        12 => prop::sample::select(&HASTES[..]).prop_map(Act::Hasty),
    ]
}

/// Any numbers, or a wheel near its stop; by this machine's clock, or by another one.
fn report() -> impl Strategy<Value = Act> {
    let steering = prop_oneof![any::<i32>(), 1290..1310_i32, -1310..-1290_i32];
    let skew = prop_oneof![3 => 0..90_000_u32, 1 => any::<u32>()];
    (any::<i32>(), steering, any::<i32>(), any::<u64>(), skew).prop_map(|(speed, steering, fork, travelled, skew)| Act::Report {
        speed,
        steering,
        fork,
        travelled,
        skew,
    })
}

fn around() -> impl Strategy<Value = Act> {
    let number = || prop_oneof![3 => -100..9000_i32, 1 => any::<i32>()];
    let maybe = prop::option::weighted(0.2, -100..4000_i32);
    (number(), number(), number(), maybe.clone(), maybe, prop::bool::weighted(0.9), prop::bool::weighted(0.1)).prop_map(
        |(free, side, guard, edge, zone, way_out, breached)| Act::Around { free, side, guard, edge, zone, way_out, breached },
    )
}

/// Lets it happen, with a watched tick wherever time passes.
pub fn perform(stage: &mut Stage, act: Act) {
    match act {
        Act::Ticks(count) => (0..count).for_each(|_| stage.tick()),
        Act::Jump(millis) => stage.now = MonoTime(stage.now.0 + u64::from(millis) * 1000),
        Act::Switch(part, works) => switch(stage, part, works),
        Act::Glitch(part, ticks) => {
            switch(stage, part, false);
            (0..ticks).for_each(|_| stage.tick());
            switch(stage, part, true);
        }
        Act::PictureAge(millis) => stage.picture_age_ms = u64::from(millis),
        Act::Hands { enable, speed, steering, lift, confirm, rearm, age } => {
            stage.hands = Hands {
                enable,
                speed_mm_s: speed,
                steering_mrad: steering,
                lift_mm_s: lift,
                confirm,
                rearm,
                input_age_ms: age,
                ..NEUTRAL
            };
        }
        Act::Wild { epoch, seq, speed, steering, enable } => {
            let real = stage.command();
            let command = Command { epoch: LeaseEpoch(epoch), seq, speed_mm_s: speed, steering_mrad: steering, enable, ..real };
            send(stage, command);
        }
        Act::Replay => {
            let bytes = stage.last_command.clone();
            stage.take(Input::Command(&bytes));
        }
        Act::Bytes(bytes) => stage.take(Input::Command(&bytes)),
        Act::Report { speed, steering, fork, travelled, skew } => {
            stage.oracle.odometry_lies();
            let at = MonoTime(stage.now.0.wrapping_add(u64::from(skew)));
            let (speed_mm_s, steering_mrad, fork_mm, travelled_um) = (speed, steering, fork, travelled);
            let sample = MachineSample { at, travelled_um, speed_mm_s, steering_mrad, fork_mm, ..stage.sample() };
            stage.take(Input::Machine(sample));
            // Judged before the next report says better.
            stage.decide();
        }
        Act::FullLock { wheel, wobble } => (stage.wheel_urad, stage.wobble_mrad) = (i64::from(wheel) * 1000, wobble),
        Act::Around { free, side, guard, edge, zone, way_out, breached } => {
            stage.seen = Some(Surroundings {
                free_distance_mm: free,
                side_clearance_mm: side,
                guard_limit_mm_s: guard,
                occlusion_mm: edge,
                zone_limit_mm_s: zone,
                way_out,
                breached,
                ..OPEN
            });
        }
        Act::Manoeuvre(manoeuvre) => {
            stage.manoeuvre = manoeuvre.map(|(steering_mrad, brake_mm_s2, rung)| Manoeuvre {
                id: 1,
                steering_mrad,
                brake_mm_s2,
                rung: StopRung::ALL[usize::from(rung)],
            });
        }
        Act::Plan(plan) => {
            stage.plan = plan.map(|(speed_mm_s, steering_mrad, lift_mm_s, base_left_mm, off_path_mm, localised)| Plan {
                speed_mm_s,
                steering_mrad,
                lift_mm_s,
                base_left_mm,
                off_path_mm,
                localised,
                ..AHEAD
            });
        }
        act => ask(stage, &act),
    }
}

/// What a person or the fleet asks for.
fn ask(stage: &mut Stage, act: &Act) {
    match act {
        Act::Stop => stage.take(Input::Stop),
        Act::Suspend => stage.take(Input::ClockJump),
        Act::Grant => stage.grant(),
        Act::GrantAgain(back) => {
            let epoch = LeaseEpoch(stage.epoch.0.saturating_sub(*back));
            stage.take(Input::LeaseGrant(epoch));
        }
        Act::EndLease(revoked) => {
            let epoch = stage.epoch;
            stage.take(if *revoked { Input::LeaseRevoked(epoch) } else { Input::LeaseEnd(epoch) });
        }
        Act::Release => stage.release(),
        Act::ReleaseAgain => {
            let mission = MissionEpoch(stage.mission.0);
            stage.take(Input::Release(mission));
        }
        Act::EndMission => {
            let mission = stage.mission;
            stage.take(Input::MissionEnd(mission));
        }
        Act::Crash => stage.restart(),
        Act::TakeOver => take_over(stage),
        Act::GoByItself => go_by_itself(stage),
        Act::ComeBack => come_back(stage),
        Act::Hasty(haste) => hurry(stage, *haste),
        _ => {}
    }
}

pub fn send(stage: &mut Stage, command: Command) {
    let bytes = encode(&FromConsole::Command(command)).expect("encodes");
    stage.take(Input::Command(&bytes));
}

fn switch(stage: &mut Stage, part: Part, works: bool) {
    match part {
        Part::Commands => stage.commands_flow = works,
        Part::Pictures => stage.pictures_flow = works,
        Part::Content => stage.picture_frozen = !works,
        Part::Cables => stage.pictures_swapped = !works,
        Part::Agent => {
            if stage.agent_alive && !works {
                stage.take(Input::AgentGone);
            }
            stage.agent_alive = works;
        }
        Part::Gateway => stage.gateway_connected = works,
        Part::Machine => stage.machine_alive = works,
        Part::Scanner => stage.seen = works.then_some(OPEN),
        Part::Place => stage.localised = works,
        Part::Button => stage.emergency_stop = !works,
        Part::Disk => stage.disk_works = works,
        Part::Wheel => stage.wheel_follows = works,
        Part::Brake => stage.brake_percent = if works { 100 } else { 40 },
        Part::Forks => stage.forks_sink = !works,
    }
}

/// Everything works again.
pub fn mend(stage: &mut Stage) {
    for part in PARTS {
        switch(stage, part, true);
    }
    stage.picture_age_ms = 60;
}

fn take_over(stage: &mut Stage) {
    if stage.state() != S::Parked && stage.state() != S::Auto {
        return;
    }
    mend(stage);
    stage.grant();
    if stage.reaches(S::Handover, 1500) {
        stage.hands = NEUTRAL;
        stage.run_ms(2100);
        stage.hands = Hands { enable: true, ..NEUTRAL };
        stage.run_ms(40);
        stage.hands = Hands { enable: true, speed_mm_s: 1200, steering_mrad: 20, ..NEUTRAL };
        stage.run_ms(400);
    }
}

pub fn go_by_itself(stage: &mut Stage) {
    if stage.state() != S::Parked {
        return;
    }
    mend(stage);
    let epoch = stage.epoch;
    stage.take(Input::LeaseEnd(epoch));
    stage.tick();
    stage.plan = Some(Plan { base_left_mm: 2500, ..AHEAD });
    stage.release();
    stage.run_ms(600);
}

fn come_back(stage: &mut Stage) {
    if !stage.state().latched() {
        return;
    }
    mend(stage);
    if !stage.reaches(S::Halt, 4000) && stage.state() != S::EStop {
        return;
    }
    leased(stage);
    stage.hands.rearm = false;
    stage.run_ms(60);
    stage.acknowledge();
    stage.reaches(S::Parked, 2600);
}

pub fn leased(stage: &mut Stage) {
    if !stage.snapshot().lease_live {
        stage.grant();
        stage.run_ms(60);
    }
}
