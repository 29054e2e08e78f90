//! Places that are kept for a page until it comes by its own way: each good once, for a short time, for whoever names its ticket.

use crate::vehicle::{Vehicle, locked};
use crate::{Rules, ViewerId};
use rand::RngCore as _;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a place is kept.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(10);

/// Who is expected, and what for.
pub(crate) struct Expected {
    pub(crate) vehicle: Arc<Vehicle>,
    pub(crate) id: ViewerId,
    pub(crate) rules: Arc<dyn Rules>,
}

/// All tickets that are out.
#[derive(Default)]
pub(crate) struct Tickets {
    out: Mutex<BTreeMap<String, Expected>>,
}

impl Tickets {
    /// Keeps a place. The ticket is 128 random bits in hexadecimal digits.
    pub(crate) fn issue(&self, expected: Expected) -> String {
        let mut bits = [0; 16];
        rand::rng().fill_bytes(&mut bits);
        let ticket = bits.iter().fold(String::new(), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        locked(&self.out).insert(ticket.clone(), expected);
        ticket
    }

    /// Gives the place away.
    pub(crate) fn claim(&self, ticket: &str) -> Option<Expected> {
        locked(&self.out).remove(ticket)
    }

    /// Nobody came in time.
    pub(crate) fn expire(&self, ticket: &str) {
        if let Some(Expected { id, rules, .. }) = self.claim(ticket) {
            rules.viewer_gone(id);
        }
    }

    /// The viewer was closed before it came.
    pub(crate) fn withdraw(&self, viewer: ViewerId) {
        locked(&self.out).retain(|_, expected| expected.id != viewer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CommandRefusal, LeaseView};
    use farhand_protocol::{Hello, LeaseEpoch, OperatorName, VehicleId, VehicleSays, VehicleState};
    use std::net::SocketAddr;

    /// Notes who went.
    #[derive(Default)]
    struct Gone(Mutex<Vec<ViewerId>>);

    impl Rules for Gone {
        fn vehicle_arrives(&self, _: &Hello) -> Result<(), String> {
            Ok(())
        }
        fn vehicle_gone(&self, _: &VehicleId) {}
        fn vehicle_says(&self, _: &VehicleId, _: &VehicleSays) {}
        fn vehicle_state(&self, _: &VehicleId, _: &VehicleState) {}
        fn peer_refused(&self, _: SocketAddr, _: &str) {}
        fn command(&self, _: ViewerId, _: &VehicleId, _: LeaseEpoch) -> Result<(), CommandRefusal> {
            Err(CommandRefusal::NoLease)
        }
        fn stop(&self, _: ViewerId, _: &VehicleId, _: u32) -> Option<OperatorName> {
            None
        }
        fn lease_view(&self, _: ViewerId, _: &VehicleId) -> LeaseView {
            LeaseView::default()
        }
        fn viewer_gone(&self, viewer: ViewerId) {
            locked(&self.0).push(viewer);
        }
    }

    #[test]
    fn a_place_that_nobody_takes_is_free_again_and_one_that_was_taken_is_not_touched() {
        let (tickets, gone) = (Tickets::default(), Arc::new(Gone::default()));
        let vehicle = crate::vehicle::Vehicles::default().find_or_add(&VehicleId::new("truck-1").expect("a name"));
        let issue = |id| tickets.issue(Expected { vehicle: Arc::clone(&vehicle), id: ViewerId(id), rules: gone.clone() });
        let (late, taken) = (issue(1), issue(2));
        assert_ne!(late, taken);
        assert!(tickets.claim(&taken).is_some());
        for ticket in [&late, &taken, &late] {
            tickets.expire(ticket);
        }
        assert_eq!(*locked(&gone.0), [ViewerId(1)]);
        assert!(tickets.claim(&late).is_none());
    }
}
