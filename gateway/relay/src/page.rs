//! What a page says and what it is told, by whichever way.

use crate::delivery::ViewerPort;
use crate::vehicle::Vehicle;
use crate::{CommandRefusal, Rules, now};
use farhand_protocol::{ConsoleLink, FromConsole, Limits, Ping, Pong, StopOrder, ToConsole, decode, encode};
use std::sync::Arc;
use std::time::Instant;
use tracing::debug;

/// One page that looks at one vehicle.
pub(crate) struct Page {
    pub(crate) vehicle: Arc<Vehicle>,
    pub(crate) port: Arc<ViewerPort>,
    pub(crate) rules: Arc<dyn Rules>,
}

impl Page {
    /// Acts on a message of the page at once, and returns the number of the picture that it says has come. An answer is left for
    /// the task that writes: a command behind a ping waits for nothing.
    pub(crate) fn take(&self, bytes: &[u8]) -> Option<u32> {
        let arrived = Instant::now();
        match decode(bytes, Limits::CONSOLE) {
            Ok(FromConsole::Command(command)) => {
                match self.rules.command(self.port.id, &self.vehicle.id, command.epoch) {
                    // The vehicle being away is no news to the page: its states stop.
                    Ok(()) => {
                        self.port.commands(now());
                        let _ = self.vehicle.send_command(bytes);
                    }
                    Err(CommandRefusal::NoLease) => count_refusal("no_lease"),
                    Err(CommandRefusal::OldEpoch) => count_refusal("old_epoch"),
                }
                metrics::histogram!("farhand_gateway_command_added_seconds").record(arrived.elapsed().as_secs_f64());
            }
            Ok(FromConsole::Stop(stop)) => {
                if let Some(by) = self.rules.stop(self.port.id, &self.vehicle.id, stop.request) {
                    let _ = self.vehicle.send_stop(&StopOrder { by, request: stop.request });
                }
            }
            Ok(FromConsole::Ping(Ping { operator_us })) => {
                if let Ok(answer) = encode(&ToConsole::Pong(Pong { operator_us })) {
                    self.port.pong.put(answer.into());
                }
            }
            Ok(FromConsole::KeyFrame(wish)) => {
                if self.port.watches(wish.camera) {
                    self.vehicle.wish_key_frame(wish.camera);
                }
            }
            Ok(FromConsole::Arrived(picture)) => {
                self.port.arrived(now(), picture.number);
                return Some(picture.number);
            }
            Err(error) => {
                metrics::counter!("farhand_malformed_total", "from" => "console", "reason" => error.word()).increment(1);
                debug!(viewer = self.port.id.0, %error, "a message that cannot be read");
            }
        }
        None
    }

    /// How the gateway sees the vehicle and its lease.
    pub(crate) fn link(&self) -> ConsoleLink {
        let lease = self.rules.lease_view(self.port.id, &self.vehicle.id);
        ConsoleLink {
            connected: self.vehicle.connected(),
            vehicle_rtt_us: self.vehicle.round_trip_us(),
            state_age_ms: self.vehicle.state_age_ms(now()),
            holder: lease.holder,
            epoch: lease.epoch,
            mine: lease.mine,
        }
    }

    /// The page is gone.
    pub(crate) fn leave(&self) {
        drop(self.vehicle.remove_viewer(self.port.id));
        self.rules.viewer_gone(self.port.id);
    }
}

fn count_refusal(reason: &'static str) {
    metrics::counter!("farhand_commands_refused_total", "reason" => reason).increment(1);
}
