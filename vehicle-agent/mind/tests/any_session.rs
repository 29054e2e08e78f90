//! Whatever a guardian is told, a replay of it comes to the same verdicts.

use farhand_drive::{
    AgentSays, MachineReport, MachineSays, MachineScan, NO_RETURN, PictureMotion, Ranges, ScannerMount, StopOrigin, WantedMotion,
};
use farhand_mind::record::{Header, Reader, Tape};
use farhand_mind::{Heard, Mind, Replay, Start};
use farhand_profile::Profile;
use farhand_protocol::{
    BootId, CameraIndex, Command, FromConsole, GlassStamp, LeaseEpoch, MissionEpoch, MonoTime, OperatorName, Pose, RtpStamp,
    VehicleId, WIRE_VERSION, encode,
};
use farhand_safety::Persisted;
use proptest::prelude::*;
use serde_bytes::ByteBuf;
use std::path::Path;
use std::time::{Duration, Instant};

const CAMERAS: &str = r#"
    kind = "counterbalance-truck"
    [[cameras]]
    name = "front"
    source = "videotestsrc"
    required_for = ["forward", "reverse", "handover"]
"#;
const MOTIONS: [PictureMotion; 4] =
    [PictureMotion::Outwards, PictureMotion::Inwards, PictureMotion::Leftwards, PictureMotion::Rightwards];
const BEGIN: u64 = 5_000_000;
const TICKS: u64 = 350;
const FRONT: CameraIndex = CameraIndex(0);

/// What may come at any time beside the ordinary life of a truck.
fn anything() -> impl Strategy<Value = (u64, Heard)> {
    (0..TICKS, -300_000_i64..300_000).prop_flat_map(|(tick, off)| {
        let at = MonoTime((BEGIN + tick * 10_000).saturating_add_signed(off));
        let of_agent = from_agent(at).prop_map(Heard::Agent);
        let heard = prop_oneof![
            8 => of_agent,
            3 => from_machine(at).prop_map(Heard::Machine),
            2 => prop_oneof![
                Just(Heard::MachineGone),
                Just(Heard::AgentHere),
                Just(Heard::AgentGone),
                Just(Heard::StoreFailed),
                Just(Heard::Suspended),
            ],
        ];
        (Just(tick), heard)
    })
}

fn from_agent(at: MonoTime) -> impl Strategy<Value = AgentSays> {
    let holder = OperatorName::new("ada").expect("a name");
    let by = holder.clone();
    prop_oneof![
        any::<bool>().prop_map(move |gateway_connected| AgentSays::Beat { at, gateway_connected }),
        prop::collection::vec(any::<u8>(), 0..80).prop_map(|bytes| AgentSays::Command(ByteBuf::from(bytes))),
        (any::<bool>(), -3000..3000, -1500..1500).prop_map(move |(enable, speed, wheel)| AgentSays::Command(command(
            at,
            at.0,
            enable,
            (speed, wheel)
        ))),
        any::<u32>().prop_map(move |request| AgentSays::Stop(StopOrigin { by: by.clone(), request })),
        (0..4_u64).prop_map(move |epoch| AgentSays::LeaseGrant { epoch: LeaseEpoch(epoch), holder: holder.clone() }),
        (0..4_u64, any::<bool>()).prop_map(|(epoch, revoked)| AgentSays::LeaseEnd { epoch: LeaseEpoch(epoch), revoked }),
        any::<u8>().prop_map(move |camera| AgentSays::Sent { camera: CameraIndex(camera), capture: at }),
        (0..9_u8, 0..1_u64 << 53, 0..1_u64 << 53, prop::option::of(prop::sample::select(&MOTIONS[..]))).prop_map(
            move |(camera, frame, changes, motion)| AgentSays::Content {
                camera: CameraIndex(camera),
                capture: at,
                frame,
                changes,
                motion,
            }
        ),
        (0..3_u64).prop_map(|mission| AgentSays::Release { mission: MissionEpoch(mission) }),
        (0..3_u64).prop_map(|mission| AgentSays::MissionEnd { mission: MissionEpoch(mission) }),
        prop::collection::vec(any::<u8>(), 144).prop_map(move |values| AgentSays::Scores { at, values: ByteBuf::from(values) }),
        (any::<i32>(), any::<i32>(), 0..3_u64, any::<bool>()).prop_map(move |(speed, wheel, mission, localised)| {
            AgentSays::Plan(WantedMotion {
                mission: MissionEpoch(mission),
                seq: at.0,
                at,
                speed_mm_s: speed,
                steering_mrad: wheel,
                lift_mm_s: 0,
                base_left_mm: speed.saturating_abs(),
                off_path_mm: wheel / 8,
                localised,
            })
        }),
    ]
}

fn from_machine(at: MonoTime) -> impl Strategy<Value = MachineSays> {
    let scan = (0..3_u8, any::<bool>(), any::<u32>(), prop::collection::vec(any::<u16>(), 0..60)).prop_map(
        move |(scanner, whole, step_urad, ranges)| {
            let ranges = Ranges::of(ranges).expect("few beams");
            let mount = ScannerMount { x_mm: 400, y_mm: 550, heading_urad: 0 };
            MachineSays::Scan(MachineScan { scanner, at, whole, mount, step_urad, ranges })
        },
    );
    let strange = (0..1_u64 << 53, any::<i32>(), any::<i32>(), any::<i32>(), any::<bool>(), any::<bool>()).prop_map(
        move |(travelled_um, speed_mm_s, steering_mrad, fork_mm, emergency_stop, localised)| {
            let pose = localised.then_some(Pose { x_mm: 1, y_mm: 2, heading_mrad: 3 });
            let watchdog_tripped = false;
            MachineSays::Report(MachineReport {
                seq: 1,
                at,
                travelled_um,
                speed_mm_s,
                steering_mrad,
                fork_mm,
                emergency_stop,
                pose,
                watchdog_tripped,
            })
        },
    );
    prop_oneof![scan, strange]
}

fn command(now: MonoTime, seq: u64, enable: bool, (speed_mm_s, steering_mrad): (i32, i32)) -> ByteBuf {
    let command = Command {
        v: WIRE_VERSION,
        boot_id: BootId(7),
        epoch: LeaseEpoch(1),
        seq,
        operator_us: now.0,
        enable,
        input_age_ms: 0,
        speed_mm_s,
        steering_mrad,
        lift_mm_s: 0,
        confirm: true,
        rearm_latch: None,
        pressed_through: None,
        stamps: vec![GlassStamp { camera: FRONT, rtp: RtpStamp::of_capture(capture(now.0.saturating_sub(BEGIN) / 10_000)) }],
    };
    ByteBuf::from(encode(&FromConsole::Command(command)).expect("encodes"))
}

/// When the newest picture was taken that a tick knows of.
fn capture(tick: u64) -> MonoTime {
    MonoTime(BEGIN + tick / 3 * 30_000 - 60_000)
}

/// The ordinary life of a truck that stands between walls: taken over, and asked to go.
fn ordinary(tick: u64, now: MonoTime) -> Vec<Heard> {
    let beat = AgentSays::Beat { at: now, gateway_connected: true };
    let report = MachineReport {
        seq: tick,
        at: now,
        travelled_um: 0,
        speed_mm_s: 0,
        steering_mrad: 0,
        fork_mm: 80,
        emergency_stop: false,
        pose: None,
        watchdog_tripped: false,
    };
    let mut all = vec![Heard::Agent(beat), Heard::Machine(MachineSays::Report(report))];
    if tick.is_multiple_of(3) {
        all.push(Heard::Agent(AgentSays::Sent { camera: FRONT, capture: capture(tick) }));
        for scanner in 0..2 {
            let ranges = Ranges::of((0..275).map(|beam| if beam % 3 == 0 { NO_RETURN } else { 2500 + beam })).expect("few");
            let mount = ScannerMount { x_mm: 400, y_mm: 550, heading_urad: i32::from(scanner) * 3_141_592 };
            let at = MonoTime(now.0 - 20_000);
            all.push(Heard::Machine(MachineSays::Scan(MachineScan {
                scanner,
                at,
                whole: true,
                mount,
                step_urad: 17_453,
                ranges,
            })));
        }
    }
    if tick == 20 {
        let holder = OperatorName::new("ada").expect("a name");
        all.push(Heard::Agent(AgentSays::LeaseGrant { epoch: LeaseEpoch(1), holder }));
    }
    if tick > 20 && tick.is_multiple_of(2) {
        let (enable, speed) = (tick > 250, if tick > 280 { 1200 } else { 0 });
        all.push(Heard::Agent(AgentSays::Command(command(now, tick, enable, (speed, 0)))));
    }
    all
}

/// Lives through it, and gives the record.
fn recorded(profile: &str, mut acts: Vec<(u64, Heard)>, lateness: &[u64]) -> Vec<u8> {
    acts.sort_by_key(|(tick, _)| *tick);
    let start = Start { boot_id: BootId(7), stored: Some(Persisted::default()), realtime: false, at: MonoTime(BEGIN) };
    let parsed: Profile = farhand_settings::parse(profile, Path::new("p.toml")).expect("good");
    let vehicle = VehicleId::new("truck-1").expect("a name");
    let mut bytes = Header::new(vehicle, profile.into(), "here".into(), 0, &start).to_bytes().expect("encodes");
    let (mut mind, mut tape) = (Mind::new(&parsed, &start), Tape::default());
    let take = |mind: &mut Mind, tape: &mut Tape, now: MonoTime, heard: Heard| {
        let taken = mind.take(now, &heard);
        tape.heard(now, heard, &taken);
    };
    for tick in 0..TICKS {
        let now = MonoTime(BEGIN + tick * 10_000 + lateness[usize::try_from(tick).expect("small") % lateness.len()]);
        for heard in ordinary(tick, now) {
            take(&mut mind, &mut tape, now, heard);
        }
        for (_, heard) in acts.iter().filter(|(at, _)| *at == tick) {
            take(&mut mind, &mut tape, now, heard.clone());
        }
        let decision = mind.tick(now);
        tape.ticked(now, &mind, &decision);
        if let Some(store) = decision.store {
            take(&mut mind, &mut tape, now, Heard::Stored(store));
        }
        let thought = mind.think(now);
        tape.thought(now, &thought);
        tape.close(&mut bytes).expect("encodes");
    }
    bytes
}

/// Runs it again: the states it came through, after no tick was different.
fn replayed(record: &[u8]) -> Result<Vec<farhand_protocol::SafetyState>, TestCaseError> {
    let (header, mut reader) = Reader::open(record).expect("a record");
    let mut replay = Replay::new(&header, false).expect("this very program");
    let mut states = Vec::new();
    while let Some(entries) = reader.entries().expect("whole") {
        states.extend(entries.iter().filter_map(|entry| replay.entry(entry)).map(|change| change.to.state));
    }
    prop_assert_eq!(replay.ticks(), TICKS);
    prop_assert_eq!(replay.first_difference(), None);
    Ok(states)
}

fn with_scanners(fitted: bool) -> String {
    format!("{CAMERAS}\n[scanner]\nfitted = {fitted}\n")
}

#[test]
fn the_ordinary_life_drives_so_that_what_comes_between_matters() {
    for fitted in [false, true] {
        let states = replayed(&recorded(&with_scanners(fitted), Vec::new(), &[0])).expect("equal");
        assert!(states.contains(&farhand_protocol::SafetyState::Teleop), "scanners {fitted}: {states:?}");
    }
}

#[test]
fn recording_takes_less_than_a_twentieth_of_a_tick() {
    let profile: Profile = farhand_settings::parse(&with_scanners(true), Path::new("p.toml")).expect("good");
    let start = Start { boot_id: BootId(7), stored: Some(Persisted::default()), realtime: false, at: MonoTime(BEGIN) };
    let (mut mind, mut tape, mut frame) = (Mind::new(&profile, &start), Tape::default(), Vec::new());
    let (mut spans, mut written) = (Vec::new(), 0);
    for tick in 0..TICKS {
        let now = MonoTime(BEGIN + tick * 10_000);
        let heard: Vec<_> = ordinary(tick, now).into_iter().map(|heard| (mind.take(now, &heard), heard)).collect();
        let decision = mind.tick(now);
        let ticked = mind.clone();
        let thought = mind.think(now);
        frame.clear();
        let begin = Instant::now();
        for (taken, heard) in heard {
            tape.heard(now, heard, &taken);
        }
        tape.ticked(now, &ticked, &decision);
        tape.thought(now, &thought);
        tape.close(&mut frame).expect("encodes");
        spans.push(begin.elapsed());
        written += frame.len();
    }
    spans.sort();
    let (median, most) = (spans[spans.len() / 2], spans[spans.len() * 99 / 100]);
    eprintln!("recording a tick: median {median:?}, p99 {most:?}; {written} bytes in {TICKS} ticks");
    assert!(median < Duration::from_micros(500), "{median:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_replay_of_any_session_is_bit_equal(
        fitted in any::<bool>(),
        acts in prop::collection::vec(anything(), 0..60),
        lateness in prop::collection::vec(prop_oneof![6 => 0..2_000_u64, 1 => 2_000..9_900_u64], 1..40),
    ) {
        replayed(&recorded(&with_scanners(fitted), acts, &lateness))?;
    }
}
