//! Who sits where: viewers, opened and closed.

use super::{Desk, Person};
use farhand_lease::{Event, SeatId};
use farhand_protocol::VehicleId;
use farhand_relay::{OpenError, PageSocket, ViewerId, ViewerKind, WayIn};
use farhand_store::Account;

/// A viewer and who sits there.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    /// With the role that was last read for them.
    pub(super) person: Person,
    pub(super) vehicle: VehicleId,
    pub(super) kind: ViewerKind,
    pub(super) last_stop: Option<u32>,
}

/// Why a viewer was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// Too many are open already.
    #[error("{0} viewers are open, which is the most. Close one, then try again.")]
    Full(usize),
    /// This login has too many open already.
    #[error("You have {0} viewers open, which is the most for one person. Close one, then try again.")]
    FullForOne(usize),
    /// The relay says no.
    #[error(transparent)]
    Relay(#[from] OpenError),
}

impl Desk {
    /// Opens a viewer for a person.
    ///
    /// # Errors
    /// [`ViewError`].
    pub async fn open_viewer(
        &self,
        person: &Person,
        vehicle: &VehicleId,
        kind: ViewerKind,
        offer: String,
    ) -> Result<(ViewerId, String), ViewError> {
        let wire = self.wire.get().ok_or(OpenError::VehicleAway)?;
        let viewer = self.sit_down(Seat { person: person.clone(), vehicle: vehicle.clone(), kind, last_stop: None })?;
        // Whoever gives up while the answer is made must not leave an empty seat behind.
        let mut opening = Opening { desk: self, viewer, done: false };
        let answer = wire.open_viewer(vehicle, viewer, kind, offer).await?;
        opening.done = true;
        // Shut out while the answer was made: the relay has heard of the viewer only now.
        if !self.lock().seats.contains_key(&viewer) {
            wire.close_viewer(viewer);
        }
        Ok((viewer, answer))
    }

    /// Opens a viewer for a person whose page gets access units; the page then comes by QUIC or by a socket.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn open_way(&self, person: &Person, vehicle: &VehicleId) -> Result<(ViewerId, WayIn), ViewError> {
        let wire = self.wire.get().ok_or(OpenError::VehicleAway)?;
        let kind = ViewerKind::Console;
        let viewer = self.sit_down(Seat { person: person.clone(), vehicle: vehicle.clone(), kind, last_stop: None })?;
        let mut opening = Opening { desk: self, viewer, done: false };
        let way = wire.open_way(vehicle, viewer)?;
        opening.done = true;
        // Shut out meanwhile: the relay has heard of the viewer only now.
        if !self.lock().seats.contains_key(&viewer) {
            wire.close_viewer(viewer);
        }
        Ok((viewer, way))
    }

    /// A page has come by a socket. False if its ticket is none.
    #[must_use]
    pub fn join(&self, ticket: &str, socket: PageSocket) -> bool {
        self.wire.get().is_some_and(|wire| wire.join(ticket, socket))
    }

    /// Where pages' QUIC goes, as the origin of a URL; none where it is not offered.
    pub fn quic_origin(&self) -> Option<String> {
        self.wire.get().and_then(|wire| wire.quic_origin())
    }

    fn sit_down(&self, seat: Seat) -> Result<ViewerId, ViewError> {
        let mut state = self.lock();
        if state.seats.len() >= SEATS {
            return Err(ViewError::Full(SEATS));
        }
        let name = &seat.person.account.name;
        if state.seats.values().filter(|other| other.person.account.name == *name).count() >= SEATS_OF_ONE {
            return Err(ViewError::FullForOne(SEATS_OF_ONE));
        }
        state.newest_viewer += 1;
        let viewer = ViewerId(state.newest_viewer);
        state.seats.insert(viewer, seat);
        Ok(viewer)
    }

    /// Closes a viewer of this person; false if there is none.
    pub fn close_viewer(&self, account: &Account, viewer: ViewerId) -> bool {
        let theirs = self.lock().seats.get(&viewer).is_some_and(|seat| seat.person.account.name == account.name);
        if theirs {
            self.leave(viewer);
            self.hang_up(viewer);
        }
        theirs
    }

    pub(super) fn leave(&self, viewer: ViewerId) {
        self.lock().seats.remove(&viewer);
        self.handle(Event::SeatLeft(SeatId(viewer.0)));
    }

    pub(super) fn hang_up(&self, viewer: ViewerId) {
        if let Some(wire) = self.wire.get() {
            wire.close_viewer(viewer);
        }
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
            self.desk.hang_up(self.viewer);
        }
    }
}

// Ten people with five windows and a wall of screens; each viewer costs a connection's memory.
const SEATS: usize = 256;
// That wall of screens. Nobody may take all the places: the driver needs one.
const SEATS_OF_ONE: usize = 64;
