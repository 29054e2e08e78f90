//! The desk: carries out what the lease core decides, and knows vehicles and viewers.

mod fleet;
mod rules;
mod throttle;

pub(crate) use fleet::Seen;

use crate::wire::{View, Wire, WireError};
use farhand_lease::{Change, Denial, Event, Held, LeaseDesk, Limits, Output, Reply, SeatId, Stage};
use farhand_protocol::{BootId, GatewaySays, LeaseEnding, LeaseEpoch, MonoTime, StopOrder, VehicleId};
use farhand_relay::ViewerId;
use farhand_store::{Account, Entry, Journal, Kind, LeaseNote, StoredVehicle};
use fleet::Fleet;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use throttle::Throttle;
use tokio::sync::{Notify, mpsc, oneshot};

/// Joins lease core, journal, vehicles and viewers.
pub struct Desk {
    state: Mutex<State>,
    journal: Journal,
    wire: OnceLock<Arc<dyn Wire>>,
    started: Instant,
    changed: Notify,
    says: mpsc::Sender<(VehicleId, GatewaySays)>,
    /// Taken by the task that speaks to vehicles.
    heard: Mutex<Option<mpsc::Receiver<(VehicleId, GatewaySays)>>>,
}

/// Everything that changes, behind one lock that is held for microseconds and never while waiting.
struct State {
    leases: LeaseDesk,
    fleet: Fleet,
    seats: BTreeMap<ViewerId, Seat>,
    newest_viewer: u64,
    askers: BTreeMap<SeatId, oneshot::Sender<Reply>>,
    refusals: Throttle,
}

/// A viewer and who sits there.
#[derive(Debug, Clone)]
struct Seat {
    account: Account,
    vehicle: VehicleId,
    view: View,
    last_stop: Option<u32>,
}

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
    /// Starts with what the store kept. No vehicle is reached before [`Desk::connect`].
    #[must_use]
    pub fn new(limits: Limits, kept: &[StoredVehicle], journal: Journal) -> Arc<Self> {
        let (says, heard) = mpsc::channel(SAYS);
        let epochs = kept.iter().map(|vehicle| (vehicle.id.clone(), vehicle.highest_epoch)).collect();
        let state = State {
            leases: LeaseDesk::new(limits, epochs),
            fleet: Fleet::default(),
            seats: BTreeMap::new(),
            newest_viewer: 0,
            askers: BTreeMap::new(),
            refusals: Throttle::default(),
        };
        let desk = Self {
            state: Mutex::new(state),
            journal,
            wire: OnceLock::new(),
            started: Instant::now(),
            changed: Notify::new(),
            says,
            heard: Mutex::new(Some(heard)),
        };
        desk.admit(kept);
        Arc::new(desk)
    }

    /// Gives the desk its wire, once.
    pub fn connect(&self, wire: Arc<dyn Wire>) {
        if self.wire.set(wire).is_err() {
            tracing::warn!("The desk has a wire already; the second one is not used");
        }
    }

    /// Takes in which vehicles may come in; called at start and whenever the store's list may have changed.
    pub fn admit(&self, kept: &[StoredVehicle]) {
        let now = self.now();
        let mut state = self.lock();
        for vehicle in state.fleet.admit(kept) {
            tracing::info!(%vehicle, "Vehicle revoked");
            let outputs = state.leases.handle_event(now, Event::Revoked(vehicle.clone()));
            self.act(&mut state, outputs);
            let why = "this vehicle was revoked. Enrol it again to let it in.".to_owned();
            self.say(vehicle, GatewaySays::Refused { why });
        }
    }

    /// Speaks to vehicles and ends leases in time; runs until it is dropped.
    pub async fn run(&self) {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut heard) = heard else { return };
        loop {
            let deadline = self.lock().leases.next_deadline();
            let until = deadline.map_or(Duration::from_mins(1), |deadline| deadline.at.since(self.now()));
            tokio::select! {
                says = heard.recv() => if let Some((vehicle, says)) = says { self.speak(&vehicle, says) },
                () = self.changed.notified() => {}
                () = tokio::time::sleep(until) => self.handle(Event::Tick),
            }
        }
    }

    /// Ends all leases because the gateway stops, and tells the vehicles at once.
    pub fn close(&self) {
        let mut state = self.lock();
        let outputs = state.leases.handle_event(self.now(), Event::Closing);
        for output in outputs {
            match output {
                Output::Say { vehicle, says } => self.speak(&vehicle, says),
                other => self.act(&mut state, vec![other]),
            }
        }
    }

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
        let seat = SeatId(viewer.0);
        let (answer, reply) = oneshot::channel();
        let grant = {
            let mut state = self.lock();
            let sits = state
                .seats
                .get(&viewer)
                .is_some_and(|seat| seat.account.name == account.name && seat.vehicle == *vehicle && seat.view == View::Cockpit);
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
            grant
        };
        self.changed.notify_one();
        if let Some(epoch) = grant {
            self.record_grant(account, vehicle, epoch).await;
        }
        // The core answers every asker within its own deadlines; a closed channel means that the desk is going down.
        match reply.await {
            Ok(Reply::Live { epoch, boot }) => Ok((epoch, boot)),
            Ok(Reply::Denied(denial)) => Err(TakeError::Denied(denial)),
            Ok(Reply::Ended(_)) | Err(_) => Err(TakeError::Denied(Denial::VehicleRefused)),
        }
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
        let theirs = self.lock().seats.get(&viewer).is_some_and(|seat| seat.account.name == account.name);
        if theirs {
            self.handle(Event::Released { vehicle: vehicle.clone(), seat: SeatId(viewer.0) });
        }
    }

    /// Takes control away from whoever has it.
    pub fn revoke(&self, vehicle: &VehicleId) {
        self.handle(Event::Revoked(vehicle.clone()));
    }

    /// Stops a vehicle for a person: sent first, journalled after.
    ///
    /// # Errors
    /// [`StopError`]; the attempt is journalled all the same.
    pub fn order_stop(&self, account: &Account, vehicle: &VehicleId) -> Result<(), StopError> {
        let order = StopOrder { by: account.name.clone(), request: rand::random() };
        let sent = self.wire.get().is_some_and(|wire| wire.order_stop(vehicle, &order));
        self.note(Entry::new(Kind::StopAsked, json!({ "request": order.request, "sent": sent })).of(vehicle).by(&account.name));
        if sent { Ok(()) } else { Err(StopError::VehicleAway) }
    }

    /// Opens a viewer for a person.
    ///
    /// # Errors
    /// [`WireError`].
    pub async fn open_viewer(
        &self,
        account: &Account,
        vehicle: &VehicleId,
        view: View,
        offer: String,
    ) -> Result<(ViewerId, String), WireError> {
        let wire = self.wire.get().ok_or(WireError::VehicleAway)?;
        let seat = Seat { account: account.clone(), vehicle: vehicle.clone(), view, last_stop: None };
        let viewer = self.sit_down(seat)?;
        // Whoever gives up while the answer is made must not leave an empty seat behind.
        let mut opening = Opening { desk: self, viewer, done: false };
        let answer = wire.open_viewer(vehicle, viewer, view, offer).await?;
        opening.done = true;
        Ok((viewer, answer))
    }

    fn sit_down(&self, seat: Seat) -> Result<ViewerId, WireError> {
        let mut state = self.lock();
        if state.seats.len() >= SEATS {
            return Err(WireError::Full(SEATS));
        }
        state.newest_viewer += 1;
        let viewer = ViewerId(state.newest_viewer);
        state.seats.insert(viewer, seat);
        Ok(viewer)
    }

    /// Closes a viewer of this person; false if there is none.
    pub fn close_viewer(&self, account: &Account, viewer: ViewerId) -> bool {
        let theirs = self.lock().seats.get(&viewer).is_some_and(|seat| seat.account.name == account.name);
        if theirs {
            self.leave(viewer);
            if let Some(wire) = self.wire.get() {
                wire.close_viewer(viewer);
            }
        }
        theirs
    }

    /// Rows that close leases left open by a kill; to be written before the first grant.
    #[must_use]
    pub fn closing_rows(kept: &[StoredVehicle]) -> Vec<Entry> {
        let rows = kept.iter().filter_map(|vehicle| {
            let open = vehicle.open.as_ref()?;
            let entry = Entry::new(Kind::LeaseEnded, json!({ "epoch": open.epoch, "why": LeaseEnding::GatewayRestart }))
                .of(&vehicle.id)
                .with_lease(LeaseNote { epoch: open.epoch, open: false });
            Some(match &open.holder {
                Some(holder) => entry.by(holder),
                None => entry,
            })
        });
        rows.collect()
    }

    /// Every vehicle that may come in, as it was last seen, by name.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let now = self.now();
        let state = self.lock();
        let mut all: Vec<Seen> = state.fleet.seen(now).collect();
        for seen in &mut all {
            let held = state.leases.held(&seen.id);
            seen.epoch = held.as_ref().filter(|held| held.stage == Stage::Live).map(|held| held.epoch);
            seen.holder = held.map(|held: Held| held.holder);
            seen.watchers = state.seats.values().filter(|seat| seat.vehicle == seen.id).count();
        }
        drop(state);
        for seen in &mut all {
            seen.round_trip_us = self.wire.get().filter(|_| seen.connected).and_then(|wire| wire.round_trip_us(&seen.id));
        }
        all
    }

    fn leave(&self, viewer: ViewerId) {
        self.lock().seats.remove(&viewer);
        self.handle(Event::SeatLeft(SeatId(viewer.0)));
    }

    fn handle(&self, event: Event) {
        let mut state = self.lock();
        let outputs = state.leases.handle_event(self.now(), event);
        self.act(&mut state, outputs);
        drop(state);
        self.changed.notify_one();
    }

    /// Carries out what the core said; nothing here waits.
    fn act(&self, state: &mut State, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Say { vehicle, says } => self.say(vehicle, says),
                Output::Reply { vehicle, seat, reply } => {
                    tracing::info!(%vehicle, seat = seat.0, ?reply, "Lease");
                    if let Some(asker) = state.askers.remove(&seat) {
                        // The page may have gone meanwhile; then its seat leaves too, which ends the lease.
                        let _ = asker.send(reply);
                    }
                }
                Output::Record { vehicle, holder, epoch, change } => {
                    let entry = match change {
                        Change::Granted => continue,
                        Change::Live => Entry::new(Kind::LeaseLive, json!({ "epoch": epoch })),
                        Change::Ended(why) => Entry::new(Kind::LeaseEnded, json!({ "epoch": epoch, "why": why }))
                            .with_lease(LeaseNote { epoch, open: false }),
                    };
                    self.note(entry.of(&vehicle).by(&holder));
                }
            }
        }
    }

    fn say(&self, vehicle: VehicleId, says: GatewaySays) {
        if let Err(error) = self.says.try_send((vehicle, says)) {
            tracing::error!(%error, "A word to a vehicle is lost: too many wait");
        }
    }

    fn speak(&self, vehicle: &VehicleId, says: GatewaySays) {
        let said = self.wire.get().is_some_and(|wire| wire.say(vehicle, says));
        if !said {
            tracing::debug!(%vehicle, "The vehicle is away and does not hear");
        }
    }

    /// Puts a row into the journal's queue. A row that does not fit is said aloud and counted.
    fn note(&self, entry: Entry) {
        if let Err(error) = self.journal.note(entry) {
            metrics::counter!("farhand_journal_rows_lost_total").increment(1);
            tracing::error!(%error, "A journal row is lost");
        }
    }

    fn now(&self) -> MonoTime {
        MonoTime(u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// A panic under this lock is caught per request; the state is whole between two calls, so it is used on.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A viewer whose answer is being made.
struct Opening<'a> {
    desk: &'a Desk,
    viewer: ViewerId,
    done: bool,
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.desk.leave(self.viewer);
            if let Some(wire) = self.desk.wire.get() {
                wire.close_viewer(self.viewer);
            }
        }
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk")
    }
}

// Ten people with five windows and a wall of screens; each viewer costs a connection's memory.
const SEATS: usize = 256;
// A fleet of fifty that loses all its drivers at once.
const SAYS: usize = 256;
