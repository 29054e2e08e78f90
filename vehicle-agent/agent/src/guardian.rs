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

/// More words than this never wait: eight cameras at 60 Hz say 20 between two beats.
const MOST_WAITING: usize = 64;

/// Sends to whichever guardian is there now; while none is, what is said is lost, as it must be.
#[derive(Debug, Clone, Default)]
pub(crate) struct GuardianPort(Arc<Mutex<Mouth>>);

#[derive(Debug, Default)]
struct Mouth {
    socket: Option<Arc<PacketSocket>>,
    /// What goes along with the next word, in order.
    waiting: Vec<AgentSays>,
}

impl Mouth {
    fn put(&mut self, message: AgentSays) {
        // What waits for no guardian would be told to the next one, which has never heard of it.
        if self.socket.is_some() {
            self.waiting.push(message);
        }
    }

    fn send_all(&mut self) {
        let Some(socket) = &self.socket else { return };
        for message in self.waiting.drain(..) {
            match socket.send(&message) {
                // The reading side notices a guardian that is gone.
                Ok(()) | Err(SendError::Gone(_)) => {}
                Err(error) => tracing::warn!(%error, "Guardian does not take a message"),
            }
        }
    }

    fn turn_to(&mut self, socket: Option<Arc<PacketSocket>>) {
        *self = Self { socket, waiting: Vec::new() };
    }
}

impl GuardianPort {
    /// Says it now or never, after what was waiting to go along.
    pub(crate) fn say(&self, message: AgentSays) {
        let mut mouth = self.mouth();
        mouth.put(message);
        mouth.send_all();
    }

    /// Says it together with the next beat or command, whichever is first: nothing depends on it before that, and the guardian
    /// wakes once. The order of all that is said is kept.
    pub(crate) fn say_along(&self, message: AgentSays) {
        let mut mouth = self.mouth();
        mouth.put(message);
        if mouth.waiting.len() >= MOST_WAITING {
            mouth.send_all();
        }
    }

    fn mouth(&self) -> std::sync::MutexGuard<'_, Mouth> {
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
        port.mouth().turn_to(Some(socket));
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
        self.port.mouth().turn_to(None);
    }
}
