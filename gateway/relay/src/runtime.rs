//! What the WebRTC library runs on: tokio, but its sockets are doors of the shared port.

use crate::port::{Door, Inbox, SharedPort};
use crate::vehicle::locked;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use webrtc::runtime::{AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime, TokioRuntime};

/// The runtime of one connection.
pub(crate) struct LineRuntime {
    port: Arc<SharedPort>,
    /// Those that no socket was asked for yet.
    inboxes: Mutex<Vec<Inbox>>,
}

impl LineRuntime {
    pub(crate) fn new(port: Arc<SharedPort>, inboxes: Vec<Inbox>) -> Self {
        Self { port, inboxes: Mutex::new(inboxes) }
    }
}

impl fmt::Debug for LineRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineRuntime").finish_non_exhaustive()
    }
}

impl Runtime for LineRuntime {
    /// The library has opened a stand-in; that is closed here, and only its address lives on as the library's name for the
    /// door. Any door of the same family will do: what the page is told does not depend on it.
    fn wrap_udp_socket(&self, stand_in: UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let is_ipv4 = stand_in.local_addr()?.is_ipv4();
        let mut inboxes = locked(&self.inboxes);
        let place = inboxes.iter().position(|inbox| inbox.is_ipv4() == is_ipv4).ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Arc::new(Door::new(Arc::clone(&self.port), inboxes.remove(place))))
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn JoinHandle> {
        TokioRuntime.spawn(future)
    }

    fn wrap_tcp_listener(&self, listener: std::net::TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        TokioRuntime.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn AsyncTcpStream>>> + Send + 'a>> {
        TokioRuntime.connect_tcp(remote)
    }

    fn resolve_host<'a>(&'a self, host: &'a str) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        TokioRuntime.resolve_host(host)
    }

    fn now(&self) -> Instant {
        TokioRuntime.now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        TokioRuntime.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }

    fn yield_now(&self) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        TokioRuntime.yield_now()
    }

    fn name(&self) -> &'static str {
        "tokio, one port"
    }
}
