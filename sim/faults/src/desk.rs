//! The gateway's lease desk with two people before it, and a journal that takes every row at once.

use farhand_lease::{Event, LeaseDesk, Limits, Output, Reply, SeatId};
use farhand_protocol::{BootId, GatewaySays, LeaseEpoch, MonoTime, OperatorName, VehicleId};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(crate) struct Desk {
    leases: LeaseDesk,
    vehicle: VehicleId,
    names: [OperatorName; 2],
    for_vehicle: Vec<GatewaySays>,
    /// What each seat was told, and when.
    pub(crate) replies: Vec<(MonoTime, SeatId, Reply)>,
    lease: Option<(LeaseEpoch, BootId)>,
    /// Commands that did not pass.
    pub(crate) barred: u64,
}

impl Desk {
    pub(crate) const ALICE: SeatId = SeatId(1);
    pub(crate) const BOB: SeatId = SeatId(2);

    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            leases: LeaseDesk::new(Limits::default(), BTreeMap::new()),
            vehicle: VehicleId::new("truck-1")?,
            names: [OperatorName::new("alice")?, OperatorName::new("bob")?],
            for_vehicle: Vec::new(),
            replies: Vec::new(),
            lease: None,
            barred: 0,
        })
    }

    pub(crate) fn vehicle_came(&mut self, now: MonoTime, boot: BootId, highest: LeaseEpoch) {
        self.event(now, Event::VehicleCame { vehicle: self.vehicle.clone(), boot, highest });
    }

    pub(crate) fn ask(&mut self, now: MonoTime, seat: SeatId) {
        let operator = self.names[usize::from(seat == Self::BOB)].clone();
        self.event(now, Event::Asked { vehicle: self.vehicle.clone(), seat, operator });
    }

    pub(crate) fn release(&mut self, now: MonoTime, seat: SeatId) {
        self.event(now, Event::Released { vehicle: self.vehicle.clone(), seat });
    }

    pub(crate) fn accepted(&mut self, now: MonoTime, epoch: LeaseEpoch, boot: BootId) {
        self.event(now, Event::Accepted { vehicle: self.vehicle.clone(), epoch, boot });
    }

    pub(crate) fn refused(&mut self, now: MonoTime, epoch: LeaseEpoch, highest: LeaseEpoch) {
        self.event(now, Event::Refused { vehicle: self.vehicle.clone(), epoch, highest });
    }

    pub(crate) fn tick(&mut self, now: MonoTime) {
        if self.leases.next_deadline().is_some_and(|deadline| deadline.at <= now) {
            self.event(now, Event::Tick);
        }
    }

    /// A command of Alice: true if it passes, which also says that she is there.
    pub(crate) fn lets_pass(&mut self, now: MonoTime, epoch: LeaseEpoch) -> bool {
        let passes = self.leases.judge(&self.vehicle, Self::ALICE, epoch).is_ok();
        if passes {
            self.event(now, Event::Beat { vehicle: self.vehicle.clone(), seat: Self::ALICE, epoch });
        } else {
            self.barred += 1;
        }
        passes
    }

    /// Her lease, while it is live.
    pub(crate) fn lease_of_alice(&self) -> Option<(LeaseEpoch, BootId)> {
        self.lease
    }

    /// Who holds the vehicle.
    pub(crate) fn holder(&self) -> Option<SeatId> {
        self.leases.held(&self.vehicle).map(|held| held.seat)
    }

    pub(crate) fn take_for_vehicle(&mut self) -> Vec<GatewaySays> {
        std::mem::take(&mut self.for_vehicle)
    }

    fn event(&mut self, now: MonoTime, event: Event) {
        for output in self.leases.handle_event(now, event) {
            match output {
                Output::Record { vehicle, epoch, change: farhand_lease::Change::Granted, .. } => {
                    self.event(now, Event::Recorded { vehicle, epoch });
                }
                Output::Record { .. } => {}
                Output::Say { says, .. } => self.for_vehicle.push(says),
                Output::Reply { seat, reply, .. } => {
                    if seat == Self::ALICE {
                        match &reply {
                            Reply::Live { epoch, boot } => self.lease = Some((*epoch, *boot)),
                            Reply::Ended(_) => self.lease = None,
                            Reply::Denied(_) => {}
                        }
                    }
                    self.replies.push((now, seat, reply));
                }
            }
        }
    }
}
