//! The life of a lease, read from top to bottom.

use farhand_lease::{Bar, Change, Denial, Event, LeaseDesk, Limits, Output, Reply, SeatId};
use farhand_protocol::{BootId, GatewaySays, LeaseEnding, LeaseEpoch, MonoTime, OperatorName, VehicleId};
use std::collections::BTreeMap;

#[test]
fn a_lease_is_recorded_then_offered_then_live_then_released() {
    let mut desk = desk();
    came(&mut desk, 0, "truck-1", 7, 41);

    let asked = desk.handle_event(at(10), ask("truck-1", 1, "ada"));
    assert_eq!(asked, [record("truck-1", "ada", 42, Change::Granted)], "the row comes before the vehicle hears of it");
    let recorded = desk.handle_event(at(12), Event::Recorded { vehicle: vehicle("truck-1"), epoch: LeaseEpoch(42) });
    assert_eq!(recorded, [say("truck-1", GatewaySays::LeaseGrant { epoch: LeaseEpoch(42), holder: name("ada") })]);
    assert_eq!(desk.judge(&vehicle("truck-1"), SeatId(1), LeaseEpoch(42)), Err(Bar::NoLease), "not accepted yet");

    let live = desk.handle_event(at(20), accept("truck-1", 42, 7));
    let reply = Reply::Live { epoch: LeaseEpoch(42), boot: BootId(7) };
    assert_eq!(live, [record("truck-1", "ada", 42, Change::Live), to_seat("truck-1", 1, reply)]);
    assert_eq!(desk.judge(&vehicle("truck-1"), SeatId(1), LeaseEpoch(42)), Ok(()));
    assert_eq!(desk.judge(&vehicle("truck-1"), SeatId(1), LeaseEpoch(41)), Err(Bar::OtherEpoch));
    assert_eq!(desk.judge(&vehicle("truck-1"), SeatId(2), LeaseEpoch(42)), Err(Bar::NoLease));

    let released = desk.handle_event(at(30), Event::Released { vehicle: vehicle("truck-1"), seat: SeatId(1) });
    assert_eq!(released, ended("truck-1", "ada", 1, 42, LeaseEnding::Released));
    assert_eq!(desk.judge(&vehicle("truck-1"), SeatId(1), LeaseEpoch(42)), Err(Bar::NoLease));
    assert_eq!(desk.next_deadline(), None);
}

#[test]
fn a_second_person_is_refused_and_nobody_drives_two_vehicles() {
    let mut desk = desk();
    came(&mut desk, 0, "truck-1", 7, 0);
    came(&mut desk, 0, "truck-2", 8, 0);
    take(&mut desk, 10, "truck-1", 1, "ada", 1, 7);

    assert_eq!(denied(&mut desk, 20, ask("truck-1", 2, "bob")), Denial::HeldBy(name("ada")));
    assert_eq!(denied(&mut desk, 20, ask("truck-1", 3, "ada")), Denial::HeldBy(name("ada")), "nor from a second window");
    assert_eq!(denied(&mut desk, 20, ask("truck-2", 3, "ada")), Denial::DrivesAnother(vehicle("truck-1")));
    take(&mut desk, 30, "truck-2", 2, "bob", 1, 8);
}

#[test]
fn silence_of_the_holder_ends_the_lease_after_two_seconds() {
    let mut desk = desk();
    came(&mut desk, 0, "truck-1", 7, 0);
    take(&mut desk, 0, "truck-1", 1, "ada", 1, 7);
    let beat = Event::Beat { vehicle: vehicle("truck-1"), seat: SeatId(1), epoch: LeaseEpoch(1) };
    assert_eq!(desk.handle_event(at(1500), beat), []);
    assert_eq!(desk.next_deadline().map(|next| (next.at, next.why)), Some((at(3500), "holder silent")));
    assert_eq!(desk.handle_event(at(3499), Event::Tick), []);
    assert_eq!(desk.handle_event(at(3500), Event::Tick), ended("truck-1", "ada", 1, 1, LeaseEnding::Silence));
}

#[test]
fn a_short_loss_of_the_vehicle_keeps_the_lease_and_a_long_one_ends_it() {
    let mut desk = desk();
    came(&mut desk, 0, "truck-1", 7, 0);
    take(&mut desk, 0, "truck-1", 1, "ada", 1, 7);
    let beat = || Event::Beat { vehicle: vehicle("truck-1"), seat: SeatId(1), epoch: LeaseEpoch(1) };

    assert_eq!(desk.handle_event(at(100), Event::VehicleWent(vehicle("truck-1"))), []);
    assert_eq!(desk.handle_event(at(4000), beat()), []);
    assert_eq!(desk.handle_event(at(4500), Event::Tick), []);
    assert_eq!(desk.handle_event(at(4600), hello("truck-1", 7, 1)), [], "the same guardian knows the same epoch");
    assert_eq!(desk.judge(&vehicle("truck-1"), SeatId(1), LeaseEpoch(1)), Ok(()));

    assert_eq!(desk.handle_event(at(5000), Event::VehicleWent(vehicle("truck-1"))), []);
    assert_eq!(desk.handle_event(at(9900), beat()), []);
    assert_eq!(desk.handle_event(at(10_000), Event::Tick), ended("truck-1", "ada", 1, 1, LeaseEnding::VehicleGone));
}

#[test]
fn a_restarted_guardian_ends_the_lease() {
    let mut desk = desk();
    came(&mut desk, 0, "truck-1", 7, 0);
    take(&mut desk, 0, "truck-1", 1, "ada", 1, 7);
    assert_eq!(desk.handle_event(at(50), hello("truck-1", 9, 1)), ended("truck-1", "ada", 1, 1, LeaseEnding::VehicleGone));
}

#[test]
fn a_vehicle_that_never_answers_or_refuses_gets_a_higher_number_next_time() {
    let mut desk = desk();
    came(&mut desk, 0, "truck-1", 7, 0);
    let _ = desk.handle_event(at(0), ask("truck-1", 1, "ada"));
    let _ = desk.handle_event(at(0), Event::Recorded { vehicle: vehicle("truck-1"), epoch: LeaseEpoch(1) });
    let late = desk.handle_event(at(1000), Event::Tick);
    assert!(late.contains(&to_seat("truck-1", 1, Reply::Denied(Denial::VehicleRefused))), "{late:?}");
    let end = GatewaySays::LeaseEnd { epoch: LeaseEpoch(1), why: LeaseEnding::VehicleRefused };
    assert_eq!(desk.handle_event(at(1100), accept("truck-1", 1, 7)), [say("truck-1", end)], "an answer too late is taken back");

    let _ = desk.handle_event(at(2000), ask("truck-1", 1, "ada"));
    let _ = desk.handle_event(at(2000), Event::Recorded { vehicle: vehicle("truck-1"), epoch: LeaseEpoch(2) });
    let refusal = Event::Refused { vehicle: vehicle("truck-1"), epoch: LeaseEpoch(2), highest: LeaseEpoch(90) };
    let _ = desk.handle_event(at(2010), refusal);
    take(&mut desk, 3000, "truck-1", 1, "ada", 91, 7);
}

#[test]
fn a_grant_that_cannot_be_recorded_is_denied_and_the_vehicle_never_hears_of_it() {
    let mut desk = desk();
    came(&mut desk, 0, "truck-1", 7, 0);
    let _ = desk.handle_event(at(0), ask("truck-1", 1, "ada"));
    let out = desk.handle_event(at(5), Event::NotRecorded { vehicle: vehicle("truck-1"), epoch: LeaseEpoch(1) });
    assert_eq!(out, [to_seat("truck-1", 1, Reply::Denied(Denial::NotRecorded))]);
    take(&mut desk, 10, "truck-1", 1, "ada", 2, 7);
}

#[test]
fn an_old_database_put_back_is_healed_by_the_vehicles_report() {
    let kept = BTreeMap::from([(vehicle("truck-1"), LeaseEpoch(3))]);
    let mut desk = LeaseDesk::new(Limits::default(), kept);
    let end = GatewaySays::LeaseEnd { epoch: LeaseEpoch(50), why: LeaseEnding::GatewayRestart };
    assert_eq!(desk.handle_event(at(0), hello("truck-1", 7, 50)), [say("truck-1", end)]);
    take(&mut desk, 0, "truck-1", 1, "ada", 51, 7);
}

#[test]
fn a_vehicle_that_is_away_is_not_given() {
    let mut desk = desk();
    assert_eq!(denied(&mut desk, 0, ask("truck-1", 1, "ada")), Denial::VehicleAway);
    came(&mut desk, 0, "truck-1", 7, 0);
    let _ = desk.handle_event(at(1), Event::VehicleWent(vehicle("truck-1")));
    assert_eq!(denied(&mut desk, 2, ask("truck-1", 1, "ada")), Denial::VehicleAway);
}

#[test]
fn closing_revoking_barring_and_a_lost_page_each_end_it_with_their_own_reason() {
    let cases = [
        (Event::Closing, LeaseEnding::GatewayRestart),
        (Event::Revoked(vehicle("truck-1")), LeaseEnding::Revoked),
        (Event::OperatorBarred(name("ada")), LeaseEnding::Revoked),
        (Event::SeatLeft(SeatId(1)), LeaseEnding::Silence),
        (Event::SeatBarred(SeatId(1)), LeaseEnding::Revoked),
    ];
    for (event, why) in cases {
        let mut desk = desk();
        came(&mut desk, 0, "truck-1", 7, 0);
        take(&mut desk, 0, "truck-1", 1, "ada", 1, 7);
        assert_eq!(desk.handle_event(at(5), event), ended("truck-1", "ada", 1, 1, why));
    }
}

#[test]
fn epochs_that_no_longer_fit_the_wire_are_not_given() {
    let mut desk = desk();
    came(&mut desk, 0, "truck-1", 7, (1 << 53) - 1);
    assert_eq!(denied(&mut desk, 1, ask("truck-1", 1, "ada")), Denial::EpochsUsedUp);
}

fn desk() -> LeaseDesk {
    LeaseDesk::new(Limits::default(), BTreeMap::new())
}

fn came(desk: &mut LeaseDesk, ms: u64, id: &str, boot: u32, highest: u64) {
    let _ = desk.handle_event(at(ms), hello(id, boot, highest));
}

fn take(desk: &mut LeaseDesk, ms: u64, id: &str, seat: u64, who: &str, epoch: u64, boot: u32) {
    let asked = desk.handle_event(at(ms), ask(id, seat, who));
    assert_eq!(asked, [record(id, who, epoch, Change::Granted)]);
    let _ = desk.handle_event(at(ms), Event::Recorded { vehicle: vehicle(id), epoch: LeaseEpoch(epoch) });
    let _ = desk.handle_event(at(ms), accept(id, epoch, boot));
    assert_eq!(desk.judge(&vehicle(id), SeatId(seat), LeaseEpoch(epoch)), Ok(()));
}

fn denied(desk: &mut LeaseDesk, ms: u64, event: Event) -> Denial {
    match desk.handle_event(at(ms), event).as_slice() {
        [Output::Reply { reply: Reply::Denied(denial), .. }] => denial.clone(),
        other => panic!("expected one denial, got {other:?}"),
    }
}

fn ended(id: &str, who: &str, seat: u64, epoch: u64, why: LeaseEnding) -> Vec<Output> {
    vec![
        say(id, GatewaySays::LeaseEnd { epoch: LeaseEpoch(epoch), why }),
        to_seat(id, seat, Reply::Ended(why)),
        record(id, who, epoch, Change::Ended(why)),
    ]
}

fn at(ms: u64) -> MonoTime {
    MonoTime(ms * 1000)
}

fn vehicle(id: &str) -> VehicleId {
    VehicleId::new(id).expect("a vehicle id")
}

fn name(who: &str) -> OperatorName {
    OperatorName::new(who).expect("a name")
}

fn ask(id: &str, seat: u64, who: &str) -> Event {
    Event::Asked { vehicle: vehicle(id), seat: SeatId(seat), operator: name(who) }
}

fn hello(id: &str, boot: u32, highest: u64) -> Event {
    Event::VehicleCame { vehicle: vehicle(id), boot: BootId(boot), highest: LeaseEpoch(highest) }
}

fn accept(id: &str, epoch: u64, boot: u32) -> Event {
    Event::Accepted { vehicle: vehicle(id), epoch: LeaseEpoch(epoch), boot: BootId(boot) }
}

fn record(id: &str, who: &str, epoch: u64, change: Change) -> Output {
    Output::Record { vehicle: vehicle(id), holder: name(who), epoch: LeaseEpoch(epoch), change }
}

fn say(id: &str, says: GatewaySays) -> Output {
    Output::Say { vehicle: vehicle(id), says }
}

fn to_seat(id: &str, seat: u64, reply: Reply) -> Output {
    Output::Reply { vehicle: vehicle(id), seat: SeatId(seat), reply }
}
