//! What holds for every order of events.

use farhand_lease::{Change, Event, LeaseDesk, Limits, Output, SeatId, Stage};
use farhand_protocol::{BootId, GatewaySays, LeaseEpoch, MonoTime, OperatorName, VehicleId};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One random step; numbers are folded into small ranges so that they meet.
#[derive(Debug, Clone)]
enum Step {
    Happens(Event),
    /// The newest grant of this vehicle is recorded and accepted.
    Completes(VehicleId),
    /// The gateway is killed and comes back with what it stored `behind` grants ago.
    Restarts {
        behind: usize,
    },
}

/// The outside world: what was stored, and what each vehicle has accepted.
#[derive(Default)]
struct World {
    stored: Vec<(VehicleId, LeaseEpoch)>,
    accepted: BTreeMap<VehicleId, LeaseEpoch>,
    granted: BTreeMap<VehicleId, Vec<(LeaseEpoch, OperatorName)>>,
}

proptest! {
    #[test]
    fn one_holder_per_epoch_one_vehicle_per_person_and_epochs_that_never_fall(
        steps in prop::collection::vec((step(), 0_u64..1500), 1..120)
    ) {
        let mut world = World::default();
        let mut desk = LeaseDesk::new(Limits::default(), BTreeMap::new());
        let mut now = MonoTime(0);
        for (step, later_ms) in steps {
            now = MonoTime(now.0 + later_ms * 1000);
            match step {
                Step::Happens(event) => {
                    let event = world.honest(event);
                    world.sees(&desk.handle_event(now, event))?;
                }
                Step::Completes(vehicle) => complete(&mut desk, &mut world, now, &vehicle)?,
                Step::Restarts { behind } => desk = world.restart(now, behind),
            }
            world.sees(&desk.handle_event(now, Event::Tick))?;
            let late = desk.next_deadline().filter(|next| next.at <= now);
            prop_assert!(late.is_none(), "a tick left a deadline behind: {late:?}");
            check_holders(&desk)?;
        }
    }
}

fn complete(desk: &mut LeaseDesk, world: &mut World, now: MonoTime, vehicle: &VehicleId) -> Result<(), TestCaseError> {
    let Some(held) = desk.held(vehicle) else { return Ok(()) };
    world.sees(&desk.handle_event(now, Event::Recorded { vehicle: vehicle.clone(), epoch: held.epoch }))?;
    let known = world.accepted.get(vehicle).copied().unwrap_or_default();
    if desk.held(vehicle).is_some_and(|held| held.stage == Stage::Offered) {
        prop_assert!(held.epoch > known, "{vehicle} was offered {} after accepting {known}", held.epoch);
        world.accepted.insert(vehicle.clone(), held.epoch);
        world.sees(&desk.handle_event(now, Event::Accepted { vehicle: vehicle.clone(), epoch: held.epoch, boot: BootId(1) }))?;
    }
    Ok(())
}

fn check_holders(desk: &LeaseDesk) -> Result<(), TestCaseError> {
    let mut people = BTreeSet::new();
    for vehicle in vehicles() {
        let Some(held) = desk.held(&vehicle) else { continue };
        prop_assert!(people.insert(held.holder.clone()), "{} holds two vehicles", held.holder);
        let drivers = (0..6).filter(|seat| (0..400).any(|epoch| desk.judge(&vehicle, SeatId(*seat), LeaseEpoch(epoch)).is_ok()));
        prop_assert!(drivers.count() <= 1, "two seats drive {vehicle}");
    }
    Ok(())
}

impl World {
    /// A vehicle reports what it has accepted, or more (it was driven through another gateway).
    fn honest(&mut self, event: Event) -> Event {
        let Event::VehicleCame { vehicle, boot, highest } = event else { return event };
        let known = self.accepted.entry(vehicle.clone()).or_default();
        *known = (*known).max(highest);
        Event::VehicleCame { highest: *known, vehicle, boot }
    }

    fn sees(&mut self, outputs: &[Output]) -> Result<(), TestCaseError> {
        for output in outputs {
            match output {
                Output::Record { vehicle, epoch, change: Change::Granted, .. } => self.stored.push((vehicle.clone(), *epoch)),
                Output::Say { vehicle, says: GatewaySays::LeaseGrant { epoch, holder } } => {
                    let known = self.accepted.get(vehicle).copied().unwrap_or_default();
                    prop_assert!(*epoch > known, "granted {epoch} although {vehicle} has accepted {known}");
                    let earlier = self.granted.entry(vehicle.clone()).or_default();
                    prop_assert!(earlier.iter().all(|(old, _)| old < epoch), "epoch {epoch} of {vehicle} does not rise");
                    earlier.push((*epoch, holder.clone()));
                }
                Output::Record { .. } | Output::Say { .. } | Output::Reply { .. } => {}
            }
        }
        Ok(())
    }

    fn restart(&mut self, now: MonoTime, behind: usize) -> LeaseDesk {
        let kept = &self.stored[..self.stored.len().saturating_sub(behind)];
        let mut epochs: BTreeMap<VehicleId, LeaseEpoch> = BTreeMap::new();
        for (vehicle, epoch) in kept {
            epochs.insert(vehicle.clone(), *epoch);
        }
        if behind > 0 {
            // An old database: numbers that no vehicle accepted may be given again, and are forgotten here.
            let accepted = &self.accepted;
            self.granted.retain(|vehicle, grants| {
                let known = accepted.get(vehicle).copied().unwrap_or_default();
                grants.retain(|(epoch, _)| *epoch <= known);
                true
            });
        }
        let mut desk = LeaseDesk::new(Limits::default(), epochs);
        for (vehicle, highest) in &self.accepted {
            let _ = desk.handle_event(now, Event::VehicleCame { vehicle: vehicle.clone(), boot: BootId(1), highest: *highest });
        }
        desk
    }
}

fn vehicles() -> Vec<VehicleId> {
    ["truck-1", "truck-2", "truck-3"].into_iter().map(|id| VehicleId::new(id).expect("a vehicle id")).collect()
}

fn step() -> impl Strategy<Value = Step> {
    let vehicle = || prop::sample::select(vehicles());
    let operator = || prop::sample::select(vec!["ada", "bob"]).prop_map(|name| OperatorName::new(name).expect("a name"));
    let seat = || (0_u64..6).prop_map(SeatId);
    let epoch = || (0_u64..40).prop_map(LeaseEpoch);
    prop_oneof![
        3 => (vehicle(), 1_u32..3, epoch())
            .prop_map(|(vehicle, boot, highest)| Step::Happens(Event::VehicleCame { vehicle, boot: BootId(boot), highest })),
        1 => vehicle().prop_map(|vehicle| Step::Happens(Event::VehicleWent(vehicle))),
        6 => (vehicle(), seat(), operator())
            .prop_map(|(vehicle, seat, operator)| Step::Happens(Event::Asked { vehicle, seat, operator })),
        6 => vehicle().prop_map(Step::Completes),
        2 => (vehicle(), seat(), epoch()).prop_map(|(vehicle, seat, epoch)| Step::Happens(Event::Beat { vehicle, seat, epoch })),
        1 => (vehicle(), epoch(), epoch())
            .prop_map(|(vehicle, epoch, highest)| Step::Happens(Event::Refused { vehicle, epoch, highest })),
        1 => (vehicle(), epoch()).prop_map(|(vehicle, epoch)| Step::Happens(Event::NotRecorded { vehicle, epoch })),
        2 => (vehicle(), seat()).prop_map(|(vehicle, seat)| Step::Happens(Event::Released { vehicle, seat })),
        1 => seat().prop_map(|seat| Step::Happens(Event::SeatLeft(seat))),
        1 => vehicle().prop_map(|vehicle| Step::Happens(Event::Revoked(vehicle))),
        1 => (0_usize..4).prop_map(|behind| Step::Restarts { behind }),
    ]
}
