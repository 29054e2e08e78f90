//! Dense around each limit: the last value that is allowed and the first that is not, with and without permission.

use super::truck::{AHEAD, OPEN, Stage, watching};
use farhand_protocol::{CapTerm, Cause, Command, FromConsole, MonoTime, RejectReason, SafetyState as S, encode};
use farhand_safety::{Config, Input, Persisted, Plan};
use std::time::Duration;

/// Microseconds around a limit.
pub const AROUND: [i64; 5] = [-1000, -1, 0, 1, 1000];

impl Stage {
    /// Moves to `since + span_us` in ticks of 10 ms and ends exactly there, with everything alive that the switches allow.
    pub fn exactly(&mut self, since: MonoTime, span_us: i64) {
        let end = MonoTime(since.0 + u64::try_from(span_us).expect("a span"));
        while self.now.0 + 10_000 < end.0 {
            self.tick();
        }
        self.step_to(end);
    }

    /// One step of another length than the tick's.
    pub fn step_to(&mut self, at: MonoTime) {
        self.now = at;
        if self.machine_alive {
            let sample = self.sample();
            self.take(Input::Machine(sample));
        }
        if self.seen.is_some() && self.config.scanner {
            let seen = self.seen.expect("seen");
            self.take(Input::Surroundings(farhand_safety::Surroundings { at, scan_at: at, ..seen }));
        }
        if self.agent_alive {
            self.take(Input::AgentBeat(at));
        }
        self.decide();
    }
}

pub fn is_over(offset_us: i64) -> bool {
    offset_us > 0
}

#[test]
fn commands_coast_after_100_ms_and_are_lost_after_250() {
    for offset in AROUND {
        let mut stage = Stage::driving(1000);
        let heard = stage.now;
        stage.commands_flow = false;
        stage.exactly(heard, 100_000 + offset);
        let coasts = (stage.drive.brake_mm_s2, stage.snapshot().cap_term) == (480, CapTerm::Late);
        assert_eq!(coasts, is_over(offset), "{offset} us: {:?}", stage.drive);
        assert_eq!(stage.state(), S::Teleop);
        stage.exactly(heard, 250_000 + offset);
        assert_eq!(stage.state() == S::SafeStop, is_over(offset), "{offset} us");
        assert!(stage.drive.brake_mm_s2 > 0);
    }
}

#[test]
fn a_late_link_drains_the_bucket_from_60_ms_and_fills_it_at_a_quarter() {
    // 60 ms are in time, 70 are late: one is good for ever, the other empties a second in a while.
    for (gap_ms, stops) in [(60, false), (80, true)] {
        let mut stage = Stage::driving(1000);
        stage.commands_flow = false;
        for _ in 0..4000 / gap_ms * 10 {
            stage.run_ms(gap_ms);
            let bytes = stage.command_bytes();
            stage.send(&bytes);
        }
        assert_eq!(stage.state() != S::Teleop, stops, "every {gap_ms} ms");
        assert!(!stops || stage.causes().contains(&Cause::LinkFlapping));
    }
    // 200 ms off and 300 on take some 140 ms and give some 90 back each time.
    let mut stage = Stage::driving(1000);
    let mut gaps = 0;
    while stage.state() == S::Teleop {
        stage.commands_flow = false;
        stage.run_ms(200);
        stage.commands_flow = true;
        stage.run_ms(300);
        gaps += 1;
        assert!(gaps < 30);
    }
    assert!((14..=17).contains(&gaps), "{gaps} gaps");
    assert_eq!(stage.causes(), [Cause::LinkFlapping]);
}

#[test]
fn pictures_are_lost_after_600_ms_and_slow_from_200() {
    for offset in AROUND {
        let mut stage = Stage::driving(300);
        stage.picture_age_ms = 0;
        stage.run_ms(200);
        let shown = *stage.captures.last().expect("a picture");
        stage.pictures_flow = false;
        stage.run_ms(20);
        stage.exactly(shown, 600_000 + offset);
        assert_eq!(stage.state() == S::SafeStop, is_over(offset), "{offset} us");
        assert!(!is_over(offset) || stage.causes() == [Cause::PictureOld]);
    }
}

#[test]
fn standing_no_picture_is_too_old() {
    let mut stage = Stage::driving(0);
    stage.pictures_flow = false;
    stage.run_ms(2000);
    assert_eq!(stage.state(), S::Teleop);
    stage.hands.speed_mm_s = 500;
    stage.run_ms(20);
    stage.run_ms(20);
    assert_eq!((stage.state(), stage.causes()), (S::Halt, vec![Cause::PictureOld]), "the first wish to move asks for one");
}

#[test]
fn a_metre_on_one_picture_is_the_trip() {
    for (blind_um, trips) in [(999_999, false), (1_000_000, false), (1_000_001, true)] {
        let mut stage = Stage::driving(2000);
        stage.pictures_flow = false;
        stage.run_ms(80);
        let so_far = u64::try_from(stage.core.blind_um()).expect("ahead");
        stage.travelled_um = stage.core.odometer.travelled_um + blind_um - so_far;
        stage.step_to(stage.now.after(Duration::from_millis(10)));
        let shown = stage.snapshot();
        assert_eq!(
            (shown.cap_term == CapTerm::BlindTrip, stage.drive.brake_mm_s2 == 1600),
            (trips, trips),
            "{blind_um}: {shown:?}"
        );
        assert_eq!((shown.state, shown.latch, shown.cap_mm_s == 0), (S::Teleop, None, trips), "not latched");
    }
}

#[test]
fn agent_and_machine_are_lost_after_100_ms() {
    for offset in AROUND {
        let mut agent = Stage::driving(1000);
        let heard = agent.now;
        agent.agent_alive = false;
        agent.exactly(heard, 100_000 + offset);
        assert_eq!(agent.causes().contains(&Cause::AgentLost), is_over(offset), "{offset} us");

        let mut machine = Stage::driving(1000);
        let heard = machine.now;
        machine.machine_alive = false;
        machine.exactly(heard, 100_000 + offset);
        assert_eq!(machine.state() == S::Halt, is_over(offset), "{offset} us");
    }
}

#[test]
fn a_tick_is_an_overrun_after_50_ms() {
    for offset in AROUND {
        for mut stage in [Stage::driving(1000), Stage::by_itself(1000)] {
            let last = stage.now;
            let bytes = stage.command_bytes();
            stage.send(&bytes);
            stage.step_to(MonoTime(last.0 + u64::try_from(50_000 + offset).expect("a span")));
            assert_eq!(stage.causes() == [Cause::TickOverrun], is_over(offset), "{offset} us");
        }
    }
    let mut parked = Stage::new();
    parked.until(S::Parked);
    parked.step_to(MonoTime(parked.now.0 + 90_000));
    assert_eq!(parked.state(), S::Parked, "nothing to overrun");
}

#[test]
fn a_scan_is_lost_after_150_ms() {
    for offset in AROUND {
        let mut stage = Stage::driving_with(watching(), 1000);
        stage.now = MonoTime(stage.now.0 + 1);
        let heard = stage.now;
        stage.take(Input::Surroundings(farhand_safety::Surroundings { at: heard, scan_at: heard, ..OPEN }));
        stage.seen = None;
        stage.exactly(heard, 150_000 + offset);
        assert_eq!(stage.causes() == [Cause::ScanLost], is_over(offset), "{offset} us");
    }
}

#[test]
fn a_plan_coasts_after_100_ms_and_is_lost_after_250() {
    for offset in AROUND {
        let mut stage = Stage::by_itself(1000);
        stage.now = MonoTime(stage.now.0 + 1);
        stage.plan = None;
        let at = stage.now;
        let plan = Plan { mission: stage.mission, seq: stage.plan_seq + 1, at, speed_mm_s: 1000, ..AHEAD };
        stage.take(Input::Plan(plan));
        stage.exactly(at, 100_000 + offset);
        assert_eq!(stage.drive.brake_mm_s2 == 480, is_over(offset), "{offset} us");
        stage.exactly(at, 250_000 + offset);
        assert_eq!(stage.causes() == [Cause::PlanLost], is_over(offset), "{offset} us");
    }
}

#[test]
fn a_place_is_lost_after_300_ms() {
    for offset in AROUND {
        let mut stage = Stage::by_itself(500);
        let known = stage.now;
        stage.localised = false;
        let plan = stage.plan.take();
        stage.exactly(known, 200_000);
        stage.plan = plan;
        stage.plan_seq += 1;
        stage.take(Input::Plan(Plan { mission: stage.mission, seq: stage.plan_seq, at: stage.now, speed_mm_s: 500, ..AHEAD }));
        stage.exactly(known, 300_000 + offset);
        assert_eq!(stage.causes() == [Cause::LocalisationLost], is_over(offset), "{offset} us");
    }
}

#[test]
fn each_number_of_a_command_has_its_range() {
    type Set = fn(&mut Command, i32);
    let cases: [(&str, Set, i32); 3] = [
        ("speed", |command, value| command.speed_mm_s = value, 2500),
        ("steering", |command, value| command.steering_mrad = value, 1300),
        ("lift", |command, value| command.lift_mm_s = value, 400),
    ];
    for (what, set, limit) in cases {
        for value in [limit - 1, limit, limit + 1, i32::MAX, -limit, -limit - 1, i32::MIN] {
            let mut stage = Stage::driving(0);
            let mut command = stage.command();
            set(&mut command, value);
            send(&mut stage, command);
            let refused = stage.core.rejected(RejectReason::OutOfRange) == 1;
            assert_eq!(refused, value.unsigned_abs() > limit.unsigned_abs(), "{what} {value}");
        }
    }
}

#[test]
fn an_input_sample_enables_for_60_ms_and_counts_for_250() {
    for (age_ms, moves, counts) in
        [(59, true, true), (60, true, true), (61, false, true), (250, false, true), (251, false, false)]
    {
        let mut stage = Stage::driving(1000);
        let before = stage.snapshot().accepted;
        let command = Command { input_age_ms: age_ms, ..stage.command() };
        send(&mut stage, command);
        stage.decide();
        assert_eq!(stage.drive.speed_mm_s == 1000, moves || !counts, "{age_ms} ms");
        assert_eq!(stage.snapshot().accepted == before + 1, counts, "{age_ms} ms");
        assert_eq!(stage.core.rejected(RejectReason::InputOld) == 1, !counts, "{age_ms} ms");
    }
}

#[test]
fn a_sequence_counts_once_and_an_epoch_only_while_it_lives() {
    let mut stage = Stage::driving(500);
    for (seq_back, counts) in [(0, true), (0, false), (1, false), (100, false)] {
        let command = stage.command();
        stage.seq -= 1;
        let before = stage.snapshot().accepted;
        let command = Command { seq: command.seq - u64::from(!counts && seq_back == 0) - seq_back, ..command };
        send(&mut stage, command);
        stage.seq += u64::from(counts);
        assert_eq!(stage.snapshot().accepted > before, counts, "{seq_back} back");
    }
    for epoch in [stage.epoch.0 - 1, stage.epoch.0 + 1, 0, u64::MAX >> 11] {
        let command = Command { epoch: farhand_protocol::LeaseEpoch(epoch), ..stage.command() };
        let before = stage.core.rejected(RejectReason::OldEpoch);
        send(&mut stage, command);
        assert_eq!(stage.core.rejected(RejectReason::OldEpoch), before + 1);
    }
    let versions = Command { v: 2, ..stage.command() };
    send(&mut stage, versions);
    assert_eq!(stage.core.rejected(RejectReason::Version), 1);
}

#[test]
fn a_take_over_needs_two_good_seconds_fresh_pictures_and_a_standstill() {
    let ready = |prepare: fn(&mut Stage)| {
        let mut stage = Stage::new();
        stage.until(S::Parked);
        stage.grant();
        stage.until(S::Handover);
        stage.run_ms(1000);
        prepare(&mut stage);
        stage.run_ms(1200);
        stage.hands.enable = true;
        stage.reaches(S::Teleop, 500)
    };
    assert!(ready(|_| {}));
    assert!(ready(|stage| stage.picture_age_ms = 230));
    assert!(!ready(|stage| stage.picture_age_ms = 310));
    assert!(!ready(|stage| stage.speed_um_s = 3_000_000), "still rolling out");
    assert!(!ready(|stage| {
        stage.commands_flow = false;
        stage.run_ms(120);
        stage.commands_flow = true;
        stage.run_ms(500);
    }));
    assert!(!ready(|stage| stage.hands.enable = true), "pressed too early");

    // Two seconds to the tick: a press in the tick before them does nothing, ever.
    for (waited_ms, arms) in [(1980, false), (2000, true)] {
        let mut stage = Stage::new();
        stage.until(S::Parked);
        stage.commands_flow = false;
        stage.grant();
        stage.until(S::Handover);
        stage.run_ms(100);
        let bytes = stage.command_bytes();
        stage.send(&bytes);
        for _ in 0..waited_ms / 20 - 1 {
            stage.run_ms(20);
            let bytes = stage.command_bytes();
            stage.send(&bytes);
        }
        stage.run_ms(20);
        stage.hands.enable = true;
        let bytes = stage.command_bytes();
        stage.send(&bytes);
        stage.decide();
        stage.commands_flow = true;
        assert_eq!(stage.reaches(S::Teleop, 300), arms, "after {waited_ms} ms");
    }
}

#[test]
fn a_rearm_needs_two_clear_seconds() {
    let mut stage = Stage::driving(500);
    stage.take(Input::Stop);
    let begun = stage.now;
    stage.until(S::Halt);
    stage.acknowledge();
    stage.until(S::Parked);
    let took = stage.now.since(begun).as_millis();
    assert!((2000..=2020).contains(&took), "{took} ms");
}

#[test]
fn standing_is_below_10_mm_s_for_half_a_second() {
    for (speed_um_s, stands) in [(9_999, true), (10_000, false), (-9_999, true), (-10_000, false)] {
        let mut stage = Stage::driving(0);
        stage.take(Input::Stop);
        stage.tick();
        assert_eq!(stage.state(), S::SafeStop);
        stage.brake_percent = 0;
        stage.speed_um_s = speed_um_s;
        assert_eq!(stage.reaches(S::Halt, 700), stands, "{speed_um_s}");
    }
    let mut stage = Stage::driving(0);
    let stood = stage.now;
    stage.take(Input::Stop);
    stage.tick();
    stage.speed_um_s = 500_000;
    stage.tick();
    stage.speed_um_s = 0;
    let after = stage.until(S::Halt);
    assert!((770..=800).contains(&after), "{after} ms: 0.5 m/s at 1.8 m/s2, then half a second");
    assert!(stage.now > stood);
}

#[test]
fn a_hand_may_rest_for_25_seconds() {
    let mut stage = Stage::driving(0);
    stage.hands.speed_mm_s = 400;
    let begun = stage.now;
    while stage.drive.speed_mm_s == 400 || stage.now.since(begun) < Duration::from_secs(1) {
        stage.tick();
    }
    let rested = stage.now.since(begun).as_millis();
    assert!((25_000..=25_060).contains(&rested), "{rested} ms");
    assert_eq!((stage.state(), stage.drive.brake_mm_s2), (S::Teleop, 960), "a comfort stop, not a latch");
}

#[test]
fn faster_than_its_cap_it_brakes_from_a_margin_on() {
    // The way itself: 0.15 m/s. Everything else: 0.5 m/s.
    for (limit, brakes) in [(1350, false), (1349, true)] {
        let mut stage = Stage::driving_with(watching(), 1500);
        stage.sees(|seen| seen.guard_limit_mm_s = limit);
        stage.tick();
        assert_eq!(stage.drive.brake_mm_s2 == 1600, brakes, "guard {limit}");
    }
    for (limit, brakes) in [(1000, false), (999, true), (0, true)] {
        let mut stage = Stage::driving_with(watching(), 1500);
        stage.sees(|seen| seen.zone_limit_mm_s = Some(limit));
        stage.tick();
        assert_eq!(stage.drive.brake_mm_s2 == 1600, brakes, "zone {limit}");
        assert_eq!(stage.drive.speed_mm_s, if brakes { 0 } else { limit });
    }
    let mut late = Stage::driving_with(watching(), 1500);
    late.commands_flow = false;
    late.run_ms(120);
    assert_eq!(late.drive.brake_mm_s2, 480, "late, it coasts");
    late.sees(|seen| seen.guard_limit_mm_s = 300);
    late.run_ms(10);
    assert_eq!(late.drive.brake_mm_s2, 1600, "but not into something");
}

#[test]
fn silence_never_loosens_a_brake_and_never_speeds_up() {
    // From 40 ms after the last command on, which comes every 20 ms.
    for (silence_ms, limit, loosens) in [(10, 995, true), (120, 300, false)] {
        let mut stage = Stage::driving_with(watching(), 1500);
        stage.sees(|seen| seen.zone_limit_mm_s = Some(limit));
        stage.tick();
        assert_eq!(stage.drive.brake_mm_s2, 1600, "more than half a metre per second above the zone's limit");
        stage.commands_flow = false;
        stage.run_ms(silence_ms);
        stage.sees(|seen| seen.zone_limit_mm_s = None);
        stage.tick();
        assert_eq!((stage.state(), stage.drive.brake_mm_s2 < 1600), (S::Teleop, loosens), "after {silence_ms} ms");
    }
    for (silence_ms, speeds_up) in [(0, true), (60, false)] {
        let mut stage = Stage::driving_with(watching(), 1000);
        stage.sees(|seen| seen.zone_limit_mm_s = Some(800));
        stage.hands.speed_mm_s = 1500;
        stage.run_ms(40);
        assert_eq!(stage.drive.speed_mm_s, 800);
        stage.commands_flow = false;
        stage.run_ms(silence_ms);
        stage.sees(|seen| seen.zone_limit_mm_s = None);
        stage.run_ms(10);
        assert_eq!(stage.drive.speed_mm_s > 800, speeds_up, "after {silence_ms} ms");
    }
}

#[test]
fn creep_is_asked_for_and_driven() {
    for (asked, creep) in [(299, true), (300, true), (301, false), (-300, true), (-301, false)] {
        let mut stage = Stage::driving(0);
        stage.hands.speed_mm_s = asked;
        stage.run_ms(30);
        assert_eq!(stage.core.asked().creep, creep, "asked {asked}");
    }
    for (speed_um_s, creep) in [(350_999, true), (351_000, false)] {
        let mut stage = Stage::driving(0);
        stage.hands.speed_mm_s = 300;
        stage.run_ms(30);
        stage.speed_um_s = speed_um_s;
        let sample = stage.sample();
        stage.now = MonoTime(stage.now.0 + 1);
        stage.take(Input::Machine(sample));
        assert_eq!(stage.core.asked().creep, creep, "driven {speed_um_s}");
    }
}

#[test]
fn something_closer_than_the_machine_can_stop_is_a_breach() {
    // 1.0 m/s, dead 0.15 s, ramp 0.1125 s, 1.8 m/s2: 0.5402 m.
    for (free_mm, breach) in [(539, true), (540, false)] {
        let mut stage = Stage::driving_with(watching(), 1000);
        stage.sees(|seen| seen.free_distance_mm = free_mm);
        stage.tick();
        assert_eq!(stage.causes() == [Cause::FieldBreach], breach, "{free_mm} mm");
    }
}

#[test]
fn no_way_out_matters_from_rolling_on() {
    for (speed, stops) in [(50, false), (52, true), (-52, true)] {
        let mut stage = Stage::driving_with(watching(), speed);
        stage.sees(|seen| seen.way_out = false);
        stage.tick();
        assert_eq!(stage.causes() == [Cause::NoWayOut], stops, "{speed} mm/s");
    }
    let mut none = Stage::with(Config { scanner: false, ..watching() }, Some(Persisted::default()));
    none.until(S::Parked);
    none.take_over();
    none.at_speed(1000);
    none.sees(|seen| (seen.way_out, seen.breached) = (false, true));
    none.run_ms(500);
    assert_eq!(none.state(), S::Teleop, "what no scanner saw");
}

fn send(stage: &mut Stage, command: Command) {
    let bytes = encode(&FromConsole::Command(command)).expect("encodes");
    stage.take(Input::Command(&bytes));
}
