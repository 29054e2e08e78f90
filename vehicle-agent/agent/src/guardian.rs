//! The socket to the guardian, shared by the control and the media thread.

use farhand_drive::{AgentSays, GuardianSays, PacketSocket, ReceiveError, SendError};
use farhand_protocol::{BootId, LeaseEpoch};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

const HELLO_WITHIN: Duration = Duration::from_secs(1);

/// The guardian is gone, or says nothing that can be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct GuardianGone(String);

/// Sends to whichever guardian is there now; while none is, what is said is lost, as it must be.
#[derive(Debug, Clone, Default)]
pub(crate) struct GuardianPort(Arc<Mutex<Option<Arc<PacketSocket>>>>);

impl GuardianPort {
    /// Says it now or never.
    pub(crate) fn say(&self, message: &AgentSays) {
        let socket = self.slot().clone();
        match socket.map(|socket| socket.send(message)) {
            // The reading side notices a guardian that is gone.
            None | Some(Ok(()) | Err(SendError::Gone(_))) => {}
            Some(Err(error)) => tracing::warn!(%error, "Guardian does not take a message"),
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Arc<PacketSocket>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Readable(Arc<PacketSocket>);

impl AsRawFd for Readable {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// The reading side of one connection to the guardian. Dropping it takes the port's socket away.
pub(crate) struct Guardian {
    socket: AsyncFd<Readable>,
    port: GuardianPort,
    /// This start of the guardian.
    pub(crate) boot_id: BootId,
    /// Highest epoch it accepted, as far as heard.
    pub(crate) highest_epoch: LeaseEpoch,
}

impl Guardian {
    /// Connects and waits for the guardian's hello.
    pub(crate) async fn connect(path: &Path, port: &GuardianPort) -> Result<Self, GuardianGone> {
        let gone = |why: String| GuardianGone(format!("{}: {why}. Is farhand-guardian running?", path.display()));
        let socket = Arc::new(PacketSocket::connect(path).map_err(|error| gone(error.to_string()))?);
        // Nobody waits for room to write: asked for, it would wake the agent at each packet that the guardian takes.
        let readable = Readable(Arc::clone(&socket));
        #[expect(deprecated, reason = "its successor is unsafe; this descriptor lives as long as the socket inside")]
        let reader = AsyncFd::with_interest(readable, Interest::READABLE).map_err(|error| gone(error.to_string()))?;
        let mut guardian =
            Self { socket: reader, port: port.clone(), boot_id: BootId::default(), highest_epoch: LeaseEpoch::default() };
        match timeout(HELLO_WITHIN, guardian.hear()).await {
            Ok(Ok(GuardianSays::Hello { boot_id, highest_epoch })) => {
                (guardian.boot_id, guardian.highest_epoch) = (boot_id, highest_epoch);
            }
            Ok(Ok(other)) => return Err(gone(format!("it began with {other:?} instead of a hello"))),
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(gone("it says nothing".to_owned())),
        }
        *port.slot() = Some(socket);
        Ok(guardian)
    }

    /// Waits for the next message. Cancel-safe.
    pub(crate) async fn hear(&mut self) -> Result<GuardianSays, GuardianGone> {
        loop {
            let mut ready = self.socket.readable().await.map_err(|error| GuardianGone(error.to_string()))?;
            match ready.get_inner().0.receive::<GuardianSays>() {
                Ok(Some(says)) => {
                    if let GuardianSays::LeaseAccepted { epoch } = &says {
                        self.highest_epoch = self.highest_epoch.max(*epoch);
                    }
                    return Ok(says);
                }
                Ok(None) => ready.clear_ready(),
                Err(ReceiveError::Gone) => return Err(GuardianGone("the guardian is gone".to_owned())),
                Err(error) => tracing::warn!(%error, "Guardian says something unknown"),
            }
        }
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        *self.port.slot() = None;
    }
}
