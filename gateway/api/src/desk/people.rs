//! People's rights while they look on or drive: an open viewer may do what its login may do now, not what it might at first.

use super::{Desk, State};
use farhand_lease::{Deed, Event, Role, SeatId};
use farhand_protocol::{OperatorName, VehicleId};
use farhand_relay::ViewerId;
use farhand_store::{Account, Entry, Kind, LoginId, People};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A person and the login through which they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name and role, as they were when this was read.
    pub account: Account,
    /// The login. Its end is the end of everything that was opened with it.
    pub login: LoginId,
}

/// Which viewers and lists were open at one moment.
#[derive(Debug, Clone, Default)]
pub struct Present {
    viewers: Vec<ViewerId>,
    lists: Vec<u64>,
}

/// A live list of the fleet that somebody reads.
#[derive(Debug)]
pub(super) struct Listener {
    person: Person,
    /// Dropped at the end of the login.
    _open: oneshot::Sender<()>,
}

/// The reader's end of it; reading is over when `over` is.
pub(crate) struct LiveList {
    desk: Arc<Desk>,
    number: u64,
    pub(crate) over: oneshot::Receiver<()>,
}

impl Present {
    /// True if nobody looks on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.viewers.is_empty() && self.lists.is_empty()
    }
}

impl Desk {
    /// Who looks on or drives now. Ask before the people are read: whoever logs in after the reading is not in it, and must not
    /// be taken for gone.
    #[must_use]
    pub fn present(&self) -> Present {
        let state = self.lock();
        Present { viewers: state.seats.keys().copied().collect(), lists: state.lists.keys().copied().collect() }
    }

    /// The logins through which somebody looks on or drives now. They are in use although nothing is asked over HTTP.
    #[must_use]
    pub fn logins_in_use(&self) -> Vec<LoginId> {
        let logins: BTreeSet<LoginId> = self.lock().seats.values().map(|seat| seat.person.login).collect();
        logins.into_iter().collect()
    }

    /// Lets those who were present do what they may do now: leases of people who may no longer drive end, viewers whose login
    /// is over are closed. Vehicles hear of it first, the journal after.
    pub fn follow(&self, present: &Present, people: &People) {
        let mut over = Vec::new();
        let mut state = self.lock();
        for viewer in &present.viewers {
            let Some(seat) = state.seats.get_mut(viewer) else { continue };
            match standing(&seat.person, people) {
                Ok(role) => {
                    let before = std::mem::replace(&mut seat.person.account.role, role);
                    let (name, vehicle) = (seat.person.account.name.clone(), seat.vehicle.clone());
                    self.change_role(&mut state, *viewer, before, role, &name, &vehicle);
                }
                Err(why) => over.push((*viewer, why)),
            }
        }
        state.lists.retain(|number, list| !present.lists.contains(number) || standing(&list.person, people).is_ok());
        drop(state);
        self.show_out(&over);
        self.changed.notify_one();
    }

    /// A person has logged out: what was opened with this login ends at once.
    pub(crate) fn logged_out(&self, person: &Person) {
        let mut state = self.lock();
        let theirs = state.seats.iter().filter(|(_, seat)| seat.person.login == person.login);
        let over: Vec<_> = theirs.map(|(viewer, _)| (*viewer, "logged_out")).collect();
        state.lists.retain(|_, list| list.person.login != person.login);
        drop(state);
        self.note(Entry::new(Kind::LoggedOut, json!({})).by(&person.account.name));
        self.show_out(&over);
    }

    /// Opens a live list for a person; `None` if too many are open, of all people or of this one.
    pub(crate) fn listen(self: &Arc<Self>, person: Person) -> Option<LiveList> {
        let (open, over) = oneshot::channel();
        let mut state = self.lock();
        let name = &person.account.name;
        let theirs = state.lists.values().filter(|list| list.person.account.name == *name).count();
        if state.lists.len() >= LISTS || theirs >= LISTS_OF_ONE {
            return None;
        }
        state.newest_list += 1;
        let number = state.newest_list;
        state.lists.insert(number, Listener { person, _open: open });
        Some(LiveList { desk: Arc::clone(self), number, over })
    }

    fn change_role(
        &self,
        state: &mut State,
        viewer: ViewerId,
        before: Role,
        role: Role,
        name: &OperatorName,
        vehicle: &VehicleId,
    ) {
        let drives = state.leases.held(vehicle).is_some_and(|held| held.seat == SeatId(viewer.0));
        let barred = drives && !role.may(Deed::Drive);
        if barred {
            let outputs = state.leases.handle_event(self.now(), Event::SeatBarred(SeatId(viewer.0)));
            self.act(state, outputs);
        }
        if before != role || barred {
            tracing::info!(operator = %name, viewer = viewer.0, %before, %role, lease_ended = barred, "Role followed");
            let data = json!({ "viewer": viewer.0, "before": before, "role": role, "lease_ended": barred });
            self.note(Entry::new(Kind::ViewerRole, data).of(vehicle).by(name));
        }
    }

    fn show_out(&self, over: &[(ViewerId, &'static str)]) {
        for (viewer, why) in over {
            let Some(seat) = self.lock().seats.remove(viewer) else { continue };
            self.handle(Event::SeatBarred(SeatId(viewer.0)));
            self.hang_up(*viewer);
            let name = &seat.person.account.name;
            tracing::info!(operator = %name, viewer = viewer.0, why, "Viewer closed");
            let data = json!({ "viewer": viewer.0, "why": why });
            self.note(Entry::new(Kind::ViewerEnded, data).of(&seat.vehicle).by(name));
        }
    }
}

/// The role that a person has now, or why they may not even look on.
fn standing(person: &Person, people: &People) -> Result<Role, &'static str> {
    let name = &person.account.name;
    let role = people.roles.get(name).ok_or("account_removed")?;
    if people.logins.get(&person.login) != Some(name) {
        return Err("login_ended");
    }
    if role.may(Deed::See) { Ok(*role) } else { Err("role") }
}

impl Drop for LiveList {
    fn drop(&mut self) {
        self.desk.lock().lists.remove(&self.number);
    }
}

// Each costs the fleet's JSON five times a second.
const LISTS: usize = 128;
// Windows of one person, some of them reloading. Nobody may take all the places: the manager of the fleet needs one.
const LISTS_OF_ONE: usize = 16;
