//! What the relay asks of the gateway, and what it tells it.

use farhand_protocol::{Hello, LeaseEpoch, OperatorName, VehicleId, VehicleSays, VehicleState};
use std::net::SocketAddr;

/// One page's connection to one vehicle; never used twice in the life of a gateway process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewerId(pub u64);

/// Why a command is not passed on. Counted, never an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandRefusal {
    /// The viewer does not hold the vehicle's lease.
    NoLease,
    /// The command's epoch is not the lease's.
    OldEpoch,
}

/// The lease as one viewer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeaseView {
    /// Who holds it.
    pub holder: Option<OperatorName>,
    /// Its epoch, once the vehicle has accepted it.
    pub epoch: Option<LeaseEpoch>,
    /// True if this viewer holds it.
    pub mine: bool,
}

/// Decides and remembers; implemented by the gateway. Calls must not wait: they come from the control thread.
pub trait Rules: Send + Sync + 'static {
    /// A vehicle's certificate and hello were read. `Err` says why it may not come in, with the mend.
    ///
    /// # Errors
    /// The text that the vehicle is told and the journal gets.
    fn vehicle_arrives(&self, hello: &Hello) -> Result<(), String>;
    /// The vehicle's control connection is gone.
    fn vehicle_gone(&self, vehicle: &VehicleId);
    /// A message of the vehicle's reliable stream other than the hello.
    fn vehicle_says(&self, vehicle: &VehicleId, says: &VehicleSays);
    /// A new state arrived. Its bytes go to the viewers whatever happens here.
    fn vehicle_state(&self, vehicle: &VehicleId, state: &VehicleState);
    /// A peer without an acceptable certificate, or with a message that cannot be read.
    fn peer_refused(&self, remote: SocketAddr, why: &str);
    /// May this viewer's command pass? Also the lease's beat.
    ///
    /// # Errors
    /// Why not.
    fn command(&self, viewer: ViewerId, vehicle: &VehicleId, epoch: LeaseEpoch) -> Result<(), CommandRefusal>;
    /// Whose stop is this? `None` if the viewer may not stop the vehicle. The stop is sent first and journalled after.
    fn stop(&self, viewer: ViewerId, vehicle: &VehicleId, request: u32) -> Option<OperatorName>;
    /// The lease as this viewer should see it.
    fn lease_view(&self, viewer: ViewerId, vehicle: &VehicleId) -> LeaseView;
    /// The viewer's connection is gone.
    fn viewer_gone(&self, viewer: ViewerId);
}
