//! Taking control, giving it back, taking it away, and stopping.

use super::Desk;
use farhand_lease::{Change, Denial, Event, Output, Reply, SeatId};
use farhand_protocol::{BootId, LeaseEpoch, StopOrder, VehicleId};
use farhand_relay::{ViewerId, ViewerKind};
use farhand_store::{Account, Entry, Kind, LeaseNote};
use serde_json::json;
use tokio::sync::oneshot;

/// Why control was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TakeError {
    /// There is no such viewer of this person and vehicle.
    #[error("This page's connection to the vehicle is gone. Reload the page, then take control again.")]
    NoViewer,
    /// The lease core said no.
    #[error("{0}")]
    Denied(Denial),
}

/// Why a stop was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StopError {
    /// The vehicle is not connected; it stops by itself when its link is gone.
    #[error("The vehicle is not connected, so nothing could be sent. Without a link it stops by itself.")]
    VehicleAway,
}

impl Desk {
    /// Takes control of a vehicle from a viewer: journal, then vehicle, then this answer.
    ///
    /// # Errors
    /// [`TakeError`] with what to do.
    pub async fn take(
        &self,
        account: &Account,
        vehicle: &VehicleId,
        viewer: ViewerId,
    ) -> Result<(LeaseEpoch, BootId), TakeError> {
        let (grant, reply) = self.ask(account, vehicle, viewer)?;
        self.changed.notify_one();
        let recording = async {
            if let Some(epoch) = grant {
                self.record_grant(account, vehicle, epoch).await;
            }
            std::future::pending::<()>().await;
        };
        // The core answers every asker within its own deadlines, also while a sick disk keeps the row waiting.
        let reply = tokio::select! {
            reply = reply => reply,
            () = recording => return Err(TakeError::Denied(Denial::NotRecorded)),
        };
        match reply {
            Ok(Reply::Live { epoch, boot }) => Ok((epoch, boot)),
            Ok(Reply::Denied(denial)) => Err(TakeError::Denied(denial)),
            // A closed channel means that the desk is going down.
            Ok(Reply::Ended(_)) | Err(_) => Err(TakeError::Denied(Denial::VehicleRefused)),
        }
    }

    /// Asks the core. The epoch whose row is to be written, and where the answer will come.
    fn ask(
        &self,
        account: &Account,
        vehicle: &VehicleId,
        viewer: ViewerId,
    ) -> Result<(Option<LeaseEpoch>, oneshot::Receiver<Reply>), TakeError> {
        let seat = SeatId(viewer.0);
        let (answer, reply) = oneshot::channel();
        let mut state = self.lock();
        let sits = state.seats.get(&viewer).is_some_and(|seat| {
            seat.person.account.name == account.name && seat.vehicle == *vehicle && seat.kind == ViewerKind::Console
        });
        if !sits {
            return Err(TakeError::NoViewer);
        }
        let asked = Event::Asked { vehicle: vehicle.clone(), seat, operator: account.name.clone() };
        let outputs = state.leases.handle_event(self.now(), asked);
        let mut grant = None;
        for output in outputs {
            match output {
                Output::Record { change: Change::Granted, epoch, .. } => grant = Some(epoch),
                Output::Reply { reply: Reply::Denied(denial), .. } => return Err(TakeError::Denied(denial)),
                other => self.act(&mut state, vec![other]),
            }
        }
        state.askers.insert(seat, answer);
        Ok((grant, reply))
    }

    async fn record_grant(&self, account: &Account, vehicle: &VehicleId, epoch: LeaseEpoch) {
        let entry = Entry::new(Kind::LeaseGranted, json!({ "epoch": epoch }))
            .of(vehicle)
            .by(&account.name)
            .with_lease(LeaseNote { epoch, open: true });
        let vehicle = vehicle.clone();
        match self.journal.append(entry).await {
            Ok(()) => self.handle(Event::Recorded { vehicle, epoch }),
            Err(error) => {
                tracing::error!(%error, %vehicle, "A lease could not be recorded and is refused");
                self.handle(Event::NotRecorded { vehicle, epoch });
            }
        }
    }

    /// Gives control back from a viewer of this person. Nothing to give back is no error.
    pub fn release(&self, account: &Account, vehicle: &VehicleId, viewer: ViewerId) {
        let theirs = self.lock().seats.get(&viewer).is_some_and(|seat| seat.person.account.name == account.name);
        if theirs {
            self.handle(Event::Released { vehicle: vehicle.clone(), seat: SeatId(viewer.0) });
        }
    }

    /// Takes control away from whoever has it, for a person with the right.
    pub fn revoke(&self, account: &Account, vehicle: &VehicleId) {
        let held = self.lock().leases.held(vehicle);
        if let Some(held) = held {
            // Waits for nothing; the row of the end comes behind it.
            let data = json!({ "epoch": held.epoch, "holder": held.holder });
            self.note(Entry::new(Kind::LeaseRevoked, data).of(vehicle).by(&account.name));
        }
        self.handle(Event::Revoked(vehicle.clone()));
    }

    /// Stops a vehicle for a person: sent first, journalled after.
    ///
    /// # Errors
    /// [`StopError`]; the attempt is journalled all the same.
    pub fn order_stop(&self, account: &Account, vehicle: &VehicleId) -> Result<(), StopError> {
        let order = StopOrder { by: account.name.clone(), request: rand::random() };
        let request = order.request;
        let sent = self.wire.get().is_some_and(|wire| wire.order_stop(vehicle, order));
        self.note(Entry::new(Kind::StopAsked, json!({ "request": request, "sent": sent })).of(vehicle).by(&account.name));
        if sent { Ok(()) } else { Err(StopError::VehicleAway) }
    }
}
