//! The desk: carries out what the lease core decides, and knows vehicles and viewers.

mod fleet;
mod leases;
mod people;
mod rules;
mod viewers;

pub(crate) use fleet::Seen;
pub use leases::{StopError, TakeError};
pub(crate) use people::LiveList;
pub use people::{Person, Present};
pub use viewers::ViewError;

use crate::throttle::Throttle;
use crate::wire::Wire;
use farhand_lease::{Change, Event, Held, LeaseDesk, Limits, Output, Reply, SeatId, Stage};
use farhand_protocol::{GatewaySays, LeaseEnding, MonoTime, VehicleId};
use farhand_relay::ViewerId;
use farhand_store::{Entry, Journal, Kind, LeaseNote, StoredVehicle};
use fleet::Fleet;
use people::Listener;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, oneshot};
use viewers::Seat;

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
    lists: BTreeMap<u64, Listener>,
    newest_list: u64,
    askers: BTreeMap<SeatId, oneshot::Sender<Reply>>,
    /// By the kind of the row: one kind of stranger must not hide another.
    refusals: BTreeMap<&'static str, Throttle>,
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
            lists: BTreeMap::new(),
            newest_list: 0,
            askers: BTreeMap::new(),
            refusals: BTreeMap::new(),
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

    /// Takes in which vehicles may come in; called at start and whenever the store's list may have changed. Whoever was revoked
    /// loses the lease here; the connections are closed by who holds them.
    pub fn admit(&self, kept: &[StoredVehicle]) {
        let now = self.now();
        let mut state = self.lock();
        for (vehicle, connected) in state.fleet.admit(kept) {
            tracing::warn!(%vehicle, connected, "Vehicle shut out");
            let outputs = state.leases.handle_event(now, Event::Revoked(vehicle.clone()));
            self.act(&mut state, outputs);
            self.note(Entry::new(Kind::VehicleShutOut, json!({ "connected": connected })).of(&vehicle));
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
        let round_trips = self.wire.get().map(|wire| wire.round_trips()).unwrap_or_default();
        for seen in all.iter_mut().filter(|seen| seen.connected) {
            seen.round_trip_us = round_trips.get(&seen.id).copied();
        }
        all
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
    pub(crate) fn note(&self, entry: Entry) {
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

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk")
    }
}

// A fleet of fifty that loses all its drivers at once.
const SAYS: usize = 256;
