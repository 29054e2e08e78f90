//! Driving by itself: from the fleet's release to its end, and every way out.

use super::truck::{AHEAD, NEUTRAL, Stage, config, watching};
use farhand_protocol::{Authority, CapTerm, Cause, MissionEpoch, Need, SafetyState as S, StopRung};
use farhand_safety::{Config, GrantAnswer, Input, MissionRefusal, Persisted, Plan};

fn parked(config: Config) -> Stage {
    let mut stage = Stage::with(config, Some(Persisted::default()));
    stage.commands_flow = false;
    stage.until(S::Parked);
    stage.run_ms(50);
    stage
}

#[test]
fn a_mission_from_release_to_end() {
    let mut stage = parked(watching());
    stage.plan = Some(AHEAD);
    stage.run_ms(500);
    assert_eq!(stage.state(), S::Parked, "a plan alone moves nothing");
    assert!(stage.core.plans_refused() > 0);
    stage.release();
    assert!(stage.answers.is_empty(), "not before it is stored");
    stage.run_ms(20);
    assert_eq!(stage.answers, [GrantAnswer::MissionAccepted(MissionEpoch(1))]);
    assert_eq!(stage.state(), S::Auto);
    stage.run_ms(3000);
    let shown = stage.snapshot();
    assert_eq!((shown.speed_mm_s, shown.authority, shown.mission), (1500, Authority::Autonomy, Some(MissionEpoch(1))));
    assert!(shown.needs.is_empty() && shown.causes.is_empty());
    stage.take(Input::MissionEnd(MissionEpoch(7)));
    stage.run_ms(100);
    assert_eq!(stage.drive.speed_mm_s, 1500, "another mission's end");
    stage.take(Input::MissionEnd(MissionEpoch(1)));
    stage.tick();
    assert_eq!((stage.state(), stage.drive.brake_mm_s2), (S::Auto, 960), "a comfortable stop");
    stage.until(S::Parked);
    assert_eq!((stage.speed_mm_s(), stage.snapshot().mission), (0, None));
    stage.run_ms(2000);
    assert_eq!(stage.state(), S::Parked, "and no mission begins again by itself");
}

#[test]
fn a_release_is_refused_for_its_reason() {
    let refusal = |stage: &mut Stage| {
        stage.answers.clear();
        stage.release();
        stage.run_ms(30);
        assert!(!matches!(stage.state(), S::Auto));
        stage.answers.iter().find_map(|answer| match answer {
            GrantAnswer::MissionRefused { why, .. } => Some(*why),
            _ => None,
        })
    };
    assert_eq!(refusal(&mut parked(config())), Some(MissionRefusal::NoScanner), "a truck without scanners");

    let mut blind = parked(watching());
    blind.seen = None;
    blind.run_ms(200);
    assert_eq!(refusal(&mut blind), Some(MissionRefusal::NoScanner));

    let mut cut_off = parked(watching());
    cut_off.gateway_connected = false;
    cut_off.tick();
    assert_eq!(refusal(&mut cut_off), Some(MissionRefusal::NoGateway));
    cut_off.gateway_connected = true;
    cut_off.agent_alive = false;
    cut_off.run_ms(150);
    assert_eq!(refusal(&mut cut_off), Some(MissionRefusal::NoGateway));

    let mut leased = parked(watching());
    leased.grant();
    assert_eq!(refusal(&mut leased), Some(MissionRefusal::Leased), "a grant on its way to the disk");
    leased.run_ms(50);
    leased.until(S::Handover);
    assert_eq!(refusal(&mut leased), Some(MissionRefusal::NotParked));

    let mut full = parked(watching());
    full.disk_works = false;
    assert_eq!(refusal(&mut full), Some(MissionRefusal::NotStored));

    let mut old = parked(watching());
    old.take(Input::Release(MissionEpoch(0)));
    assert_eq!(old.answers, [GrantAnswer::MissionRefused { mission: MissionEpoch(0), why: MissionRefusal::TooOld }]);
    old.take(Input::Release(MissionEpoch(5)));
    old.take(Input::Release(MissionEpoch(5)));
    assert_eq!(old.answers.len(), 2, "the same one twice");
    old.run_ms(20);
    assert_eq!(old.snapshot().mission, Some(MissionEpoch(5)));

    let mut stopped = parked(watching());
    stopped.take(Input::Stop);
    assert_eq!(refusal(&mut stopped), Some(MissionRefusal::NotParked));
}

#[test]
fn each_release_and_each_grant_gets_an_answer_of_its_own() {
    let refused = |mission, why| GrantAnswer::MissionRefused { mission: MissionEpoch(mission), why };
    for disk_works in [true, false] {
        let mut stage = parked(watching());
        stage.disk_works = disk_works;
        stage.release();
        stage.grant();
        assert_eq!(stage.answers, [refused(1, MissionRefusal::Leased)], "a person comes first");
        stage.run_ms(50);
        let grant = if disk_works { GrantAnswer::Accepted(stage.epoch) } else { GrantAnswer::NotStored(stage.epoch) };
        assert_eq!(stage.answers, [refused(1, MissionRefusal::Leased), grant]);
        assert_ne!(stage.state(), S::Auto);
        stage.take(Input::Release(MissionEpoch(1)));
        assert_eq!(stage.answers.last(), Some(&refused(1, MissionRefusal::TooOld)), "its number is used up");
    }

    let mut twice = parked(watching());
    twice.take(Input::Release(MissionEpoch(1)));
    twice.take(Input::Release(MissionEpoch(2)));
    assert_eq!(twice.answers, [refused(2, MissionRefusal::NotParked)], "one is on its way to the disk");
    twice.decide();
    assert_eq!((twice.state(), twice.answers.last()), (S::Parked, Some(&GrantAnswer::MissionAccepted(MissionEpoch(1)))));
    twice.take(Input::Release(MissionEpoch(3)));
    assert_eq!(twice.answers.last(), Some(&refused(3, MissionRefusal::NotParked)), "one is about to begin");
    twice.run_ms(20);
    assert_eq!((twice.snapshot().mission, twice.answers.len()), (Some(MissionEpoch(1)), 3));
    twice.take(Input::MissionEnd(MissionEpoch(1)));
    twice.until(S::Parked);
    twice.tick();
    twice.take(Input::Release(MissionEpoch(2)));
    twice.run_ms(20);
    assert_eq!(twice.snapshot().mission, Some(MissionEpoch(2)), "refused then, it may come again");
}

#[test]
fn a_release_that_cannot_begin_at_once_never_does() {
    let mut stage = parked(watching());
    stage.plan = Some(AHEAD);
    stage.release();
    stage.decide();
    assert_eq!(stage.answers, [GrantAnswer::MissionAccepted(MissionEpoch(1))]);
    stage.seen = None;
    stage.agent_alive = false;
    stage.now = stage.now.after(std::time::Duration::from_millis(160));
    let sample = stage.sample();
    stage.take(Input::Machine(sample));
    stage.decide();
    assert_eq!(stage.state(), S::Parked);
    (stage.seen, stage.agent_alive) = (Some(super::truck::OPEN), true);
    stage.run_ms(1000);
    assert_eq!(stage.state(), S::Parked, "nobody expects it any more");

    let mut taken_back = parked(watching());
    taken_back.release();
    taken_back.take(Input::MissionEnd(MissionEpoch(1)));
    taken_back.run_ms(100);
    assert_eq!((taken_back.state(), taken_back.answers.len()), (S::Parked, 0));
}

#[test]
fn a_release_is_judged_again_when_it_is_stored() {
    let mut stage = parked(watching());
    stage.release();
    stage.take(Input::GatewayConnected(false));
    stage.decide();
    let (mission, why) = (MissionEpoch(1), MissionRefusal::NoGateway);
    assert_eq!(stage.answers, [GrantAnswer::MissionRefused { mission, why }]);
    stage.run_ms(500);
    assert_eq!(stage.state(), S::Parked);
    stage.take(Input::Release(mission));
    assert_eq!(stage.answers.last(), Some(&GrantAnswer::MissionRefused { mission, why: MissionRefusal::TooOld }));
}

#[test]
fn a_silent_autonomy_coasts_then_stops() {
    let mut stage = Stage::by_itself(1500);
    stage.plan = None;
    stage.run_ms(130);
    assert_eq!((stage.state(), stage.drive.brake_mm_s2), (S::Auto, 480));
    assert_eq!(stage.snapshot().cap_term, CapTerm::Late);
    stage.plan = Some(AHEAD);
    stage.run_ms(30);
    assert_eq!((stage.state(), stage.drive.brake_mm_s2), (S::Auto, 0));
    stage.plan = None;
    let silence = stage.until(S::SafeStop);
    assert!((240..=270).contains(&silence), "{silence} ms");
    assert_eq!(stage.causes(), [Cause::PlanLost]);
    stage.until(S::Halt);
    assert_eq!(stage.speed_mm_s(), 0);
}

#[test]
fn before_the_first_plan_it_stands_and_then_stops() {
    let mut stage = parked(watching());
    stage.release();
    stage.until(S::Auto);
    stage.run_ms(200);
    assert_eq!((stage.state(), stage.drive.speed_mm_s), (S::Auto, 0));
    assert!(stage.drive.brake_mm_s2 > 0);
    stage.until(S::SafeStop);
    assert_eq!(stage.causes(), [Cause::PlanLost]);
}

#[test]
fn a_plan_counts_only_if_it_is_newer_of_this_mission_just_made_and_possible() {
    let mut stage = Stage::by_itself(1000);
    stage.plan = None;
    let good = Plan { mission: stage.mission, seq: stage.plan_seq + 1, at: stage.now, speed_mm_s: 700, ..AHEAD };
    let before = stage.core.plans_refused();
    let old = stage.now.0 - 100_001;
    for bad in [
        Plan { mission: MissionEpoch(9), ..good },
        Plan { seq: stage.plan_seq, ..good },
        Plan { at: farhand_protocol::MonoTime(old), ..good },
        Plan { at: farhand_protocol::MonoTime(stage.now.0 + 1), ..good },
        Plan { speed_mm_s: 2501, ..good },
        Plan { speed_mm_s: -2501, ..good },
        Plan { steering_mrad: 1301, ..good },
        Plan { lift_mm_s: -401, ..good },
        Plan { speed_mm_s: i32::MIN, ..good },
    ] {
        stage.take(Input::Plan(bad));
        stage.decide();
        assert_eq!(stage.drive.speed_mm_s, 1000, "{bad:?}");
    }
    assert_eq!(stage.core.plans_refused(), before + 9);
    let edge = Plan { at: farhand_protocol::MonoTime(old + 1), lift_mm_s: 400, steering_mrad: -1300, ..good };
    stage.take(Input::Plan(edge));
    stage.decide();
    assert_eq!((stage.drive.speed_mm_s, stage.drive.lift_mm_s, stage.drive.steering_mrad), (700, 400, -1300));
    assert_eq!(stage.core.plans_refused(), before + 9);
}

#[test]
fn losing_its_place_stops_who_drives_itself_and_slows_a_person() {
    let mut auto = Stage::by_itself(1500);
    auto.localised = false;
    let after = auto.until(S::SafeStop);
    assert!((300..=320).contains(&after), "{after} ms");
    assert_eq!(auto.causes(), [Cause::LocalisationLost]);

    let mut says = Stage::by_itself(1500);
    says.plan = Some(Plan { localised: false, ..AHEAD });
    says.run_ms(30);
    assert_eq!((says.state(), says.causes()), (S::SafeStop, vec![Cause::LocalisationLost]));

    let mut person = Stage::driving(2000);
    person.localised = false;
    person.run_ms(2000);
    let shown = person.snapshot();
    assert_eq!((shown.state, shown.cap_mm_s, shown.cap_term, shown.speed_mm_s), (S::Teleop, 1000, CapTerm::Zone, 1000));
    person.localised = true;
    person.run_ms(1500);
    assert_eq!(person.speed_mm_s(), 2000);

    let mut never = Stage::with(config(), Some(Persisted::default()));
    never.localised = false;
    never.until(S::Parked);
    never.take_over();
    never.at_speed(2000);
    assert_eq!(never.speed_mm_s(), 2000, "what was never known is not lost");
}

#[test]
fn leaving_the_corridor_on_either_side_stops() {
    for off_path_mm in [301, -301, i32::MIN] {
        let mut stage = Stage::by_itself(1500);
        stage.plan = Some(Plan { off_path_mm: off_path_mm.signum() * 300, ..AHEAD });
        stage.run_ms(100);
        assert_eq!(stage.state(), S::Auto);
        stage.plan = Some(Plan { off_path_mm, ..AHEAD });
        stage.run_ms(30);
        assert_eq!((stage.state(), stage.causes()), (S::SafeStop, vec![Cause::OffCorridor]));
    }
}

#[test]
fn without_the_gateway_it_drives_to_the_end_of_its_base_and_halts_there() {
    let mut stage = Stage::by_itself(1500);
    stage.plan = Some(Plan { base_left_mm: 4000, ..AHEAD });
    stage.run_ms(40);
    let from = stage.travelled_um;
    stage.gateway_connected = false;
    // The autonomy itself may not believe in more than was released.
    stage.plan = Some(Plan { base_left_mm: 30_000, ..AHEAD });
    stage.until(S::Halt);
    assert_eq!(stage.transitions.last().map(|(_, way)| way.from), Some(S::Auto), "it stood when it halted");
    let driven_mm = (stage.travelled_um - from) / 1000;
    assert!((3800..=4000).contains(&driven_mm), "{driven_mm}");
    assert_eq!((stage.causes(), stage.snapshot().latch.is_some()), (vec![Cause::GatewayLost], true));
    assert!(stage.oracle.breaches.is_empty(), "{:?}", stage.oracle.breaches);

    stage.plan = None;
    stage.commands_flow = true;
    stage.grant();
    stage.run_ms(100);
    stage.acknowledge();
    stage.run_ms(3000);
    assert_eq!(stage.snapshot().needs, [Need::GoodLink], "the gateway is not back");
    stage.gateway_connected = true;
    stage.until(S::Parked);
}

#[test]
fn at_the_end_of_its_base_it_waits_for_more_while_the_gateway_is_there() {
    let mut stage = Stage::by_itself(1500);
    stage.plan = Some(Plan { base_left_mm: 0, ..AHEAD });
    stage.run_ms(4000);
    assert_eq!((stage.state(), stage.speed_mm_s(), stage.snapshot().cap_term), (S::Auto, 0, CapTerm::Base));
    stage.plan = Some(AHEAD);
    stage.run_ms(2500);
    assert_eq!(stage.speed_mm_s(), 1500);
}

#[test]
fn a_person_takes_over_at_a_standstill_and_gives_back_without_a_mission() {
    let mut stage = Stage::by_itself(1500);
    stage.commands_flow = true;
    stage.hands = NEUTRAL;
    stage.grant();
    stage.tick();
    stage.tick();
    assert_eq!((stage.state(), stage.drive.brake_mm_s2, stage.drive.speed_mm_s), (S::Auto, 960, 0));
    stage.until(S::Handover);
    assert_eq!(stage.speed_mm_s(), 0);
    stage.arm();
    stage.until(S::Teleop);
    stage.hands = NEUTRAL;
    stage.run_ms(200);
    let epoch = stage.epoch;
    stage.take(Input::LeaseEnd(epoch));
    stage.until(S::Parked);
    stage.run_ms(3000);
    assert_eq!(stage.state(), S::Parked, "S16: only another release leads back");
    stage.plan = Some(AHEAD);
    stage.release();
    stage.until(S::Auto);
}

#[test]
fn a_person_who_leaves_before_the_standstill_leaves_it_driving() {
    let mut stage = Stage::by_itself(1500);
    stage.grant();
    stage.run_ms(300);
    let epoch = stage.epoch;
    stage.take(Input::LeaseEnd(epoch));
    stage.run_ms(2500);
    assert_eq!((stage.state(), stage.speed_mm_s()), (S::Auto, 1500));
}

#[test]
fn where_the_site_allows_it_a_take_over_begins_in_creep() {
    for (limit, begun_at) in [(0, 0..=9), (200, 190..=200)] {
        let mut stage = Stage::with(Config { handover_speed_mm_s: limit, ..watching() }, Some(Persisted::default()));
        stage.set_off(1500);
        stage.grant();
        stage.until(S::Handover);
        let speed = stage.snapshot().speed_mm_s;
        assert!(begun_at.contains(&speed), "{speed} with {limit}");
        assert!(stage.drive.brake_mm_s2 > 0, "the hand-over brakes");
    }
}

#[test]
fn who_drives_itself_obeys_stop_agent_and_scanner_like_anybody() {
    let mut stop = Stage::by_itself(1500);
    stop.take(Input::Stop);
    stop.tick();
    assert_eq!((stop.state(), stop.drive.brake_mm_s2, stop.causes()), (S::SafeStop, 1600, vec![Cause::RemoteStop]));

    let mut agent = Stage::by_itself(1500);
    agent.agent_alive = false;
    let after = agent.until(S::SafeStop);
    assert!(after <= 120, "{after} ms");
    assert!(agent.causes().contains(&Cause::AgentLost));

    let mut scanner = Stage::by_itself(1500);
    scanner.seen = None;
    let after = scanner.until(S::SafeStop);
    assert!(after <= 170, "{after} ms");
    assert_eq!((scanner.causes(), scanner.drive.brake_mm_s2), (vec![Cause::ScanLost], 1800));
    scanner.until(S::Halt);
    assert_eq!(scanner.snapshot().last_stop.and_then(|stop| stop.rung), Some(StopRung::Machine));
}

#[test]
fn a_restart_on_a_mission_is_latched_and_the_mission_is_used_up() {
    let mut stage = Stage::by_itself(1500);
    let mission = stage.mission;
    stage.restart();
    stage.tick();
    assert_eq!((stage.state(), stage.causes()), (S::Halt, vec![Cause::Restarted]));
    stage.take(Input::Release(mission));
    let why = MissionRefusal::TooOld;
    assert_eq!(stage.answers.last(), Some(&GrantAnswer::MissionRefused { mission, why }));
}

#[test]
fn a_plan_to_stand_brakes_and_then_lifts() {
    let mut stage = Stage::by_itself(1500);
    stage.plan = Some(Plan { speed_mm_s: 0, lift_mm_s: 100, ..AHEAD });
    stage.run_ms(30);
    assert_eq!((stage.drive.brake_mm_s2, stage.drive.lift_mm_s), (960, 0));
    stage.run_ms(2500);
    assert_eq!((stage.speed_mm_s(), stage.drive.lift_mm_s), (0, 100));
    assert!(stage.drive.brake_mm_s2 > 0);
}
