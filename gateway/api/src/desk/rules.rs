//! What the relay asks and tells. Nothing here waits.

use super::Desk;
use crate::throttle::Throttle;
use farhand_lease::{Bar, Deed, Event, SeatId, Stage};
use farhand_protocol::{BootId, Hello, LeaseEpoch, OperatorName, SafetyEvent, VehicleId, VehicleSays, VehicleState};
use farhand_relay::{CommandRefusal, LeaseView, Rules, ViewerId};
use farhand_store::{Entry, Kind};
use serde_json::json;
use std::net::SocketAddr;

impl Rules for Desk {
    /// Judges only. The vehicle is there once something of this guardian is heard over an accepted connection: between this
    /// answer and then the welcome may fail to be written, and nobody would say that the vehicle went.
    fn vehicle_arrives(&self, hello: &Hello) -> Result<(), String> {
        let vehicle = &hello.vehicle;
        let arrived = self.lock().fleet.arrives(hello);
        if let Err(why) = &arrived {
            tracing::warn!(%vehicle, %why, "Vehicle refused");
            self.note_refusal(Entry::new(Kind::VehicleRefused, json!({ "why": why })).of(vehicle));
        }
        arrived
    }

    fn vehicle_gone(&self, vehicle: &VehicleId) {
        if self.lock().fleet.went(vehicle) {
            tracing::warn!(%vehicle, "Vehicle gone");
            self.note_of_vehicle(vehicle, Entry::new(Kind::VehicleWent, json!({})));
            self.handle(Event::VehicleWent(vehicle.clone()));
        }
    }

    fn vehicle_says(&self, vehicle: &VehicleId, says: &VehicleSays) {
        let boot = match says {
            VehicleSays::LeaseAccepted { boot_id, .. } => Some(*boot_id),
            VehicleSays::Event(event) => Some(event.boot_id),
            VehicleSays::LeaseRefused { .. } | VehicleSays::Hello(_) => None,
        };
        if let Some(boot) = boot {
            self.heard_of(vehicle, boot);
        }
        let vehicle = vehicle.clone();
        match says {
            VehicleSays::LeaseAccepted { epoch, boot_id } => {
                self.handle(Event::Accepted { vehicle, epoch: *epoch, boot: *boot_id });
            }
            VehicleSays::LeaseRefused { epoch, highest_epoch, why } => {
                tracing::warn!(%vehicle, epoch = epoch.0, highest = highest_epoch.0, %why, "Lease refused by the vehicle");
                self.handle(Event::Refused { vehicle, epoch: *epoch, highest: *highest_epoch });
            }
            VehicleSays::Event(event) => self.note_safety(&vehicle, event),
            VehicleSays::Hello(_) => tracing::debug!(%vehicle, "A second hello is not read"),
        }
    }

    fn vehicle_state(&self, vehicle: &VehicleId, state: &VehicleState) {
        self.heard_of(vehicle, state.boot_id);
        let now = self.now();
        self.lock().fleet.reports(now, vehicle, state);
    }

    fn peer_refused(&self, remote: SocketAddr, why: &str) {
        metrics::counter!("farhand_peers_refused_total").increment(1);
        tracing::warn!(%remote, why, "Peer refused");
        let why: String = why.chars().take(200).collect();
        self.note_refusal(Entry::new(Kind::PeerRefused, json!({ "remote": remote.to_string(), "why": why })));
    }

    fn command(&self, viewer: ViewerId, vehicle: &VehicleId, epoch: LeaseEpoch) -> Result<(), CommandRefusal> {
        let (now, seat) = (self.now(), SeatId(viewer.0));
        let mut state = self.lock();
        state.leases.judge(vehicle, seat, epoch).map_err(|bar| match bar {
            Bar::NoLease => CommandRefusal::NoLease,
            Bar::OtherEpoch => CommandRefusal::OldEpoch,
        })?;
        // A beat moves a deadline further away; whoever waits for the nearer one wakes up and looks again.
        let outputs = state.leases.handle_event(now, Event::Beat { vehicle: vehicle.clone(), seat, epoch });
        self.act(&mut state, outputs);
        Ok(())
    }

    fn stop(&self, viewer: ViewerId, vehicle: &VehicleId, request: u32) -> Option<OperatorName> {
        let mut state = self.lock();
        let seat =
            state.seats.get_mut(&viewer).filter(|seat| seat.vehicle == *vehicle && seat.person.account.role.may(Deed::Stop))?;
        let name = seat.person.account.name.clone();
        // One press arrives many times; it is one row.
        let first = seat.last_stop.replace(request) != Some(request);
        drop(state);
        if first {
            tracing::info!(%vehicle, operator = %name, request, "Stop");
            self.note(Entry::new(Kind::StopAsked, json!({ "request": request })).of(vehicle).by(&name));
        }
        Some(name)
    }

    fn lease_view(&self, viewer: ViewerId, vehicle: &VehicleId) -> LeaseView {
        let state = self.lock();
        let Some(held) = state.leases.held(vehicle) else { return LeaseView::default() };
        let live = held.stage == Stage::Live;
        LeaseView { mine: live && held.seat == SeatId(viewer.0), epoch: live.then_some(held.epoch), holder: Some(held.holder) }
    }

    fn viewer_gone(&self, viewer: ViewerId) {
        self.leave(viewer);
    }
}

impl Desk {
    /// A certificate was turned away before its owner could say a word.
    pub fn certificate_refused(&self, vehicle: Option<&VehicleId>, why: &str) {
        tracing::warn!(vehicle = vehicle.map(tracing::field::display), why, "Certificate refused");
        let entry = Entry::new(Kind::VehicleRefused, json!({ "why": why }));
        self.note_refusal(match vehicle {
            Some(vehicle) => entry.of(vehicle),
            None => entry,
        });
    }

    /// Something came over an accepted connection. If it is the first since a hello of this guardian, the vehicle has come.
    fn heard_of(&self, vehicle: &VehicleId, boot: BootId) {
        let Some(hello) = self.lock().fleet.heard(vehicle, boot) else { return };
        tracing::info!(%vehicle, boot = hello.boot_id.0, epoch = hello.highest_epoch.0, "Vehicle connected");
        let data = json!({ "boot_id": hello.boot_id, "highest_epoch": hello.highest_epoch, "kind": hello.kind });
        self.note_of_vehicle(vehicle, Entry::new(Kind::VehicleCame, data));
        self.handle(Event::VehicleCame { vehicle: vehicle.clone(), boot: hello.boot_id, highest: hello.highest_epoch });
    }

    fn note_safety(&self, vehicle: &VehicleId, event: &SafetyEvent) {
        tracing::info!(%vehicle, from = ?event.from, to = ?event.to, causes = ?event.causes, "Safety state");
        let data = json!({
            "boot_id": event.boot_id,
            "vehicle_us": event.vehicle_us,
            "from": event.from,
            "to": event.to,
            "causes": event.causes,
            "latch": event.latch,
            "speed_mm_s": event.speed_mm_s,
            "blind_mm": event.blind_mm,
            "epoch": event.epoch,
        });
        self.note_of_vehicle(vehicle, Entry::new(Kind::SafetyState, data));
    }

    /// The row of a refusal, unless strangers have filled the minute already. The relay counts them all.
    pub(crate) fn note_refusal(&self, entry: Entry) {
        let now = self.now();
        let kind = entry.kind.as_str();
        let passed = self.lock().refusals.entry(kind).or_insert_with(Throttle::of_strangers).pass_on(now, entry);
        if let Some(entry) = passed {
            self.note(entry);
        }
    }

    /// A row that a vehicle causes, unless it has filled the minute already: it must not take the journal from the others.
    fn note_of_vehicle(&self, vehicle: &VehicleId, entry: Entry) {
        let now = self.now();
        let passed = self.lock().fleet.row(now, vehicle, entry);
        if let Some(entry) = passed {
            self.note(entry.of(vehicle));
        }
    }
}
