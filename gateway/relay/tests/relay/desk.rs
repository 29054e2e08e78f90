//! Rules of one desk: who holds the lease is set by the test, and what was asked is remembered.

use farhand_protocol::{Hello, LeaseEpoch, OperatorName, VehicleId, VehicleSays, VehicleState};
use farhand_relay::{CommandRefusal, LeaseView, Rules, ViewerId};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) holder: Option<ViewerId>,
    pub(crate) arrived: usize,
    pub(crate) gone: usize,
    pub(crate) refused_commands: usize,
    pub(crate) state_seqs: Vec<u64>,
    pub(crate) viewers_gone: Vec<ViewerId>,
}

#[derive(Default)]
pub(crate) struct Desk {
    seen: Mutex<Seen>,
}

impl Desk {
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.seen.lock().expect("no test failed inside"))
    }

    /// Waits until the desk has seen it; fails after ten seconds.
    pub(crate) async fn sees(&self, what: &str, is_so: impl Fn(&Seen) -> bool) {
        let waiting = async {
            while !self.with(|seen| is_so(seen)) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap_or_else(|_| unreachable!("never seen: {what}"));
    }
}

impl Rules for Desk {
    fn vehicle_arrives(&self, _hello: &Hello) -> Result<(), String> {
        self.with(|seen| seen.arrived += 1);
        Ok(())
    }

    fn vehicle_gone(&self, _vehicle: &VehicleId) {
        self.with(|seen| seen.gone += 1);
    }

    fn vehicle_says(&self, _vehicle: &VehicleId, _says: &VehicleSays) {}

    fn vehicle_state(&self, _vehicle: &VehicleId, state: &VehicleState) {
        self.with(|seen| seen.state_seqs.push(state.seq));
    }

    fn peer_refused(&self, _remote: SocketAddr, _why: &str) {}

    fn command(&self, viewer: ViewerId, _vehicle: &VehicleId, _epoch: LeaseEpoch) -> Result<(), CommandRefusal> {
        self.with(|seen| {
            if seen.holder == Some(viewer) {
                return Ok(());
            }
            seen.refused_commands += 1;
            Err(CommandRefusal::NoLease)
        })
    }

    fn stop(&self, _viewer: ViewerId, _vehicle: &VehicleId, _request: u32) -> Option<OperatorName> {
        OperatorName::new("ann").ok()
    }

    fn lease_view(&self, _viewer: ViewerId, _vehicle: &VehicleId) -> LeaseView {
        LeaseView::default()
    }

    fn viewer_gone(&self, viewer: ViewerId) {
        self.with(|seen| seen.viewers_gone.push(viewer));
    }
}

pub(crate) fn desk() -> Arc<Desk> {
    Arc::new(Desk::default())
}
