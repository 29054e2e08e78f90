//! The desk where leases are given and taken back.

use crate::words::{Bar, Change, Deadline, Denial, Event, Held, Output, Reply, SeatId, Stage};
use farhand_protocol::{BootId, GatewaySays, LeaseEnding, LeaseEpoch, MonoTime, OperatorName, VehicleId};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the desk waits for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For the journal to take a grant's row.
    pub record: Duration,
    /// For the vehicle to accept a grant.
    pub accept: Duration,
    /// For the holder's next command.
    pub silence: Duration,
    /// For the vehicle's connection to come back.
    pub absence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A commit takes milliseconds; a full second means a sick disk.
            record: Duration::from_secs(2),
            // The guardian answers after one fsync.
            accept: Duration::from_secs(1),
            // 100 commands are missing. The vehicle stopped long before; this only frees it for others.
            silence: Duration::from_secs(2),
            // A dead zone of a few seconds must not throw the driver out.
            absence: Duration::from_secs(5),
        }
    }
}

/// Gives and ends leases. One holder per vehicle, one vehicle per person, an epoch that only rises.
#[derive(Debug, Clone)]
pub struct LeaseDesk {
    limits: Limits,
    vehicles: BTreeMap<VehicleId, Vehicle>,
}

#[derive(Debug, Clone, Default)]
struct Vehicle {
    /// The highest epoch that was ever given or reported.
    epoch: LeaseEpoch,
    presence: Presence,
    lease: Option<Lease>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Presence {
    #[default]
    Never,
    Here(BootId),
    AwaySince(MonoTime),
}

#[derive(Debug, Clone)]
struct Lease {
    holder: OperatorName,
    seat: SeatId,
    epoch: LeaseEpoch,
    progress: Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Recording { since: MonoTime },
    Offered { since: MonoTime },
    Live { boot: BootId, last_beat: MonoTime },
}

impl LeaseDesk {
    /// Starts with the highest epochs that were kept; no lease survives a restart.
    #[must_use]
    pub fn new(limits: Limits, kept: BTreeMap<VehicleId, LeaseEpoch>) -> Self {
        let vehicles = kept.into_iter().map(|(id, epoch)| (id, Vehicle { epoch, ..Vehicle::default() })).collect();
        Self { limits, vehicles }
    }

    /// Takes in what happened and says what to do. A late tick ends the same leases, only later.
    #[must_use]
    pub fn handle_event(&mut self, now: MonoTime, event: Event) -> Vec<Output> {
        let mut out = Vec::new();
        match event {
            Event::VehicleCame { vehicle, boot, highest } => self.vehicle_came(&vehicle, boot, highest, &mut out),
            Event::VehicleWent(vehicle) => self.vehicle_went(now, &vehicle),
            Event::Asked { vehicle, seat, operator } => match self.grant(now, &vehicle, seat, &operator) {
                Ok(row) => out.push(row),
                Err(denial) => out.push(Output::Reply { vehicle, seat, reply: Reply::Denied(denial) }),
            },
            Event::Recorded { vehicle, epoch } => self.recorded(now, &vehicle, epoch, &mut out),
            Event::NotRecorded { vehicle, epoch } => self.not_recorded(&vehicle, epoch, &mut out),
            Event::Accepted { vehicle, epoch, boot } => self.accepted(now, &vehicle, epoch, boot, &mut out),
            Event::Refused { vehicle, epoch, highest } => self.refused(&vehicle, epoch, highest, &mut out),
            Event::Beat { vehicle, seat, epoch } => self.beat(now, &vehicle, seat, epoch),
            Event::Released { vehicle, seat } => {
                self.end_where(LeaseEnding::Released, &mut out, |id, lease| *id == vehicle && lease.seat == seat);
            }
            Event::SeatLeft(seat) => self.end_where(LeaseEnding::Silence, &mut out, |_, lease| lease.seat == seat),
            Event::Revoked(vehicle) => self.end_where(LeaseEnding::Revoked, &mut out, |id, _| *id == vehicle),
            Event::OperatorBarred(operator) => {
                self.end_where(LeaseEnding::Revoked, &mut out, |_, lease| lease.holder == operator);
            }
            Event::SeatBarred(seat) => self.end_where(LeaseEnding::Revoked, &mut out, |_, lease| lease.seat == seat),
            Event::Closing => self.end_where(LeaseEnding::GatewayRestart, &mut out, |_, _| true),
            Event::Tick => self.tick(now, &mut out),
        }
        out
    }

    /// When to send the next [`Event::Tick`], and the reason to show in the log.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Deadline> {
        self.vehicles
            .values()
            .filter_map(|vehicle| self.deadline(vehicle).map(|(deadline, _)| deadline))
            .min_by_key(|next| next.at)
    }

    /// May a command of this seat under this epoch pass?
    ///
    /// # Errors
    /// [`Bar`] says why not.
    pub fn judge(&self, vehicle: &VehicleId, seat: SeatId, epoch: LeaseEpoch) -> Result<(), Bar> {
        let lease = self.vehicles.get(vehicle).and_then(|vehicle| vehicle.lease.as_ref()).ok_or(Bar::NoLease)?;
        match lease.progress {
            Progress::Live { .. } if lease.seat == seat && lease.epoch == epoch => Ok(()),
            Progress::Live { .. } if lease.seat == seat => Err(Bar::OtherEpoch),
            Progress::Live { .. } | Progress::Recording { .. } | Progress::Offered { .. } => Err(Bar::NoLease),
        }
    }

    /// The lease of a vehicle.
    #[must_use]
    pub fn held(&self, vehicle: &VehicleId) -> Option<Held> {
        let lease = self.vehicles.get(vehicle)?.lease.as_ref()?;
        let stage = match lease.progress {
            Progress::Recording { .. } => Stage::Recording,
            Progress::Offered { .. } => Stage::Offered,
            Progress::Live { .. } => Stage::Live,
        };
        Some(Held { holder: lease.holder.clone(), seat: lease.seat, epoch: lease.epoch, stage })
    }

    fn vehicle_came(&mut self, id: &VehicleId, boot: BootId, highest: LeaseEpoch, out: &mut Vec<Output>) {
        let vehicle = self.vehicles.entry(id.clone()).or_default();
        vehicle.presence = Presence::Here(boot);
        vehicle.epoch = vehicle.epoch.max(highest);
        // A lease lives on only if the same guardian still knows it as its newest.
        let goes_on = vehicle.lease.as_ref().is_some_and(|lease| match lease.progress {
            Progress::Live { boot: of, .. } => of == boot && lease.epoch == highest,
            Progress::Recording { .. } | Progress::Offered { .. } => lease.epoch > highest,
        });
        if vehicle.lease.is_some() {
            if !goes_on {
                self.end_where(LeaseEnding::VehicleGone, out, |held, _| held == id);
            }
        } else if highest > LeaseEpoch(0) {
            // Whatever the vehicle remembers is over: no lease of it is known here.
            out.push(say(id, GatewaySays::LeaseEnd { epoch: highest, why: LeaseEnding::GatewayRestart }));
        }
    }

    fn vehicle_went(&mut self, now: MonoTime, id: &VehicleId) {
        if let Some(vehicle) = self.vehicles.get_mut(id)
            && matches!(vehicle.presence, Presence::Here(_))
        {
            vehicle.presence = Presence::AwaySince(now);
        }
    }

    fn grant(&mut self, now: MonoTime, id: &VehicleId, seat: SeatId, operator: &OperatorName) -> Result<Output, Denial> {
        let another = self
            .vehicles
            .iter()
            .find(|(other, vehicle)| *other != id && vehicle.lease.as_ref().is_some_and(|lease| lease.holder == *operator));
        if let Some((other, _)) = another {
            return Err(Denial::DrivesAnother(other.clone()));
        }
        let vehicle = self.vehicles.get_mut(id).ok_or(Denial::VehicleAway)?;
        if let Some(lease) = &vehicle.lease {
            return Err(Denial::HeldBy(lease.holder.clone()));
        }
        if !matches!(vehicle.presence, Presence::Here(_)) {
            return Err(Denial::VehicleAway);
        }
        if vehicle.epoch >= LAST_EPOCH {
            return Err(Denial::EpochsUsedUp);
        }
        vehicle.epoch = vehicle.epoch.next();
        let (epoch, progress) = (vehicle.epoch, Progress::Recording { since: now });
        vehicle.lease = Some(Lease { holder: operator.clone(), seat, epoch, progress });
        Ok(Output::Record { vehicle: id.clone(), holder: operator.clone(), epoch, change: Change::Granted })
    }

    fn recorded(&mut self, now: MonoTime, id: &VehicleId, epoch: LeaseEpoch, out: &mut Vec<Output>) {
        let Some(lease) = self.lease_mut(id, epoch) else { return };
        if matches!(lease.progress, Progress::Recording { .. }) {
            lease.progress = Progress::Offered { since: now };
            out.push(say(id, GatewaySays::LeaseGrant { epoch, holder: lease.holder.clone() }));
        }
    }

    fn not_recorded(&mut self, id: &VehicleId, epoch: LeaseEpoch, out: &mut Vec<Output>) {
        let recording = self.lease_mut(id, epoch).is_some_and(|lease| matches!(lease.progress, Progress::Recording { .. }));
        if recording && let Some(lease) = self.vehicles.get_mut(id).and_then(|vehicle| vehicle.lease.take()) {
            // Nothing was promised to anybody and no row stands: there is nothing to end.
            out.push(Output::Reply { vehicle: id.clone(), seat: lease.seat, reply: Reply::Denied(Denial::NotRecorded) });
        }
    }

    fn accepted(&mut self, now: MonoTime, id: &VehicleId, epoch: LeaseEpoch, boot: BootId, out: &mut Vec<Output>) {
        match self.lease_mut(id, epoch) {
            Some(lease) => {
                if matches!(lease.progress, Progress::Offered { .. }) {
                    lease.progress = Progress::Live { boot, last_beat: now };
                    let (holder, seat) = (lease.holder.clone(), lease.seat);
                    out.push(Output::Record { vehicle: id.clone(), holder, epoch, change: Change::Live });
                    out.push(Output::Reply { vehicle: id.clone(), seat, reply: Reply::Live { epoch, boot } });
                }
            }
            // Accepted too late: the vehicle must not wait for a driver who was sent away.
            None => out.push(say(id, GatewaySays::LeaseEnd { epoch, why: LeaseEnding::VehicleRefused })),
        }
    }

    fn refused(&mut self, id: &VehicleId, epoch: LeaseEpoch, highest: LeaseEpoch, out: &mut Vec<Output>) {
        if let Some(vehicle) = self.vehicles.get_mut(id) {
            vehicle.epoch = vehicle.epoch.max(highest);
        }
        self.end_where(LeaseEnding::VehicleRefused, out, |held, lease| held == id && lease.epoch == epoch);
    }

    fn beat(&mut self, now: MonoTime, id: &VehicleId, seat: SeatId, epoch: LeaseEpoch) {
        if let Some(lease) = self.lease_mut(id, epoch)
            && lease.seat == seat
            && let Progress::Live { last_beat, .. } = &mut lease.progress
        {
            *last_beat = now;
        }
    }

    fn tick(&mut self, now: MonoTime, out: &mut Vec<Output>) {
        let due: Vec<_> = self
            .vehicles
            .iter()
            .filter_map(|(id, vehicle)| self.deadline(vehicle).map(|(deadline, why)| (id, deadline, why)))
            .filter(|(_, deadline, _)| deadline.at <= now)
            .map(|(id, _, why)| (id.clone(), why))
            .collect();
        for (id, why) in due {
            self.end_where(why, out, |held, _| *held == id);
        }
    }

    /// The next moment that ends this vehicle's lease, and how it would then have ended.
    fn deadline(&self, vehicle: &Vehicle) -> Option<(Deadline, LeaseEnding)> {
        let lease = vehicle.lease.as_ref()?;
        let progress = match lease.progress {
            Progress::Recording { since } => (since.after(self.limits.record), "journal late", LeaseEnding::Revoked),
            Progress::Offered { since } => (since.after(self.limits.accept), "vehicle silent", LeaseEnding::VehicleRefused),
            Progress::Live { last_beat, .. } => (last_beat.after(self.limits.silence), "holder silent", LeaseEnding::Silence),
        };
        let absence = match vehicle.presence {
            Presence::AwaySince(since) => Some((since.after(self.limits.absence), "vehicle away", LeaseEnding::VehicleGone)),
            Presence::Never | Presence::Here(_) => None,
        };
        let (at, why, ending) = absence.into_iter().chain([progress]).min_by_key(|(at, _, _)| *at)?;
        Some((Deadline { at, why }, ending))
    }

    fn end_where(&mut self, why: LeaseEnding, out: &mut Vec<Output>, meant: impl Fn(&VehicleId, &Lease) -> bool) {
        for (id, vehicle) in &mut self.vehicles {
            let Some(lease) = vehicle.lease.take_if(|lease| meant(id, lease)) else { continue };
            // The vehicle first: the end of a lease must not wait for the journal.
            if !matches!(lease.progress, Progress::Recording { .. }) {
                out.push(say(id, GatewaySays::LeaseEnd { epoch: lease.epoch, why }));
            }
            let reply = match lease.progress {
                Progress::Live { .. } => Reply::Ended(why),
                Progress::Offered { .. } => Reply::Denied(Denial::VehicleRefused),
                Progress::Recording { .. } => Reply::Denied(Denial::NotRecorded),
            };
            out.push(Output::Reply { vehicle: id.clone(), seat: lease.seat, reply });
            let (holder, epoch) = (lease.holder, lease.epoch);
            out.push(Output::Record { vehicle: id.clone(), holder, epoch, change: Change::Ended(why) });
        }
    }

    fn lease_mut(&mut self, id: &VehicleId, epoch: LeaseEpoch) -> Option<&mut Lease> {
        self.vehicles.get_mut(id)?.lease.as_mut().filter(|lease| lease.epoch == epoch)
    }
}

fn say(vehicle: &VehicleId, says: GatewaySays) -> Output {
    Output::Say { vehicle: vehicle.clone(), says }
}

// The wire carries integers below 2^53.
const LAST_EPOCH: LeaseEpoch = LeaseEpoch((1 << 53) - 2);
