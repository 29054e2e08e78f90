//! Keeps strangers from taking all of the web server's connections, and those of pages prompt.

use axum_server::accept::Accept;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tower::Service;

/// Counts the open connections by the address they come from; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crowd(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// Lets a connection through to `inner` if there is a place for it.
#[derive(Debug, Clone)]
pub(crate) struct Bounded<A> {
    pub(crate) inner: A,
    pub(crate) crowd: Crowd,
}

/// A connection's service, and its place as long as it lives.
#[derive(Debug, Clone)]
pub(crate) struct Seated<S> {
    inner: S,
    _place: Arc<Place>,
}

#[derive(Debug)]
struct Place {
    crowd: Crowd,
    address: IpAddr,
}

impl Crowd {
    fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut open = self.lock();
        let from_there = open.get(&address).copied().unwrap_or_default();
        if from_there >= MOST_OF_ONE || open.values().sum::<usize>() >= MOST {
            return None;
        }
        *open.entry(address).or_default() += 1;
        Some(Place { crowd: self.clone(), address })
    }

    /// Counters are whole after every step, whatever became of the last holder.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.crowd.lock();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

impl<A, S> Accept<TcpStream, S> for Bounded<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
{
    type Stream = A::Stream;
    type Service = Seated<A::Service>;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        if let Err(error) = be_prompt(&stream) {
            tracing::debug!(%error, "a connection keeps the system's defaults");
        }
        let place = stream.peer_addr().ok().and_then(|address| self.crowd.enter(address.ip()));
        let accepting = place.map(|place| (self.inner.accept(stream, service), place));
        Box::pin(async move {
            let Some((accepting, place)) = accepting else {
                metrics::counter!("farhand_web_connections_refused_total").increment(1);
                return Err(Error::new(ErrorKind::ConnectionRefused, "too many connections"));
            };
            let (stream, inner) = accepting.await?;
            Ok((stream, Seated { inner, _place: Arc::new(place) }))
        })
    }
}

/// A page may get its pictures by this connection: small messages leave at once, and the system takes no more than it is about to
/// send, so that what is newest waits here, where it displaces what is older.
fn be_prompt(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    socket2::SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_BYTES)
}

impl<S: Service<Request>, Request> Service<Request> for Seated<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> S::Future {
        self.inner.call(request)
    }
}

// Two pictures of a camera at 1.2 Mbit/s.
const UNSENT_BYTES: u32 = 10 * 1024;
// Far below the 1024 open files that a service usually gets: viewers and the database need theirs.
const MOST: usize = 512;
// A control room behind one router: ten people, a few windows each, six connections a window.
const MOST_OF_ONE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn one_address_cannot_take_every_place_and_a_place_is_given_back() {
        let crowd = Crowd::default();
        let at = |number: u32| IpAddr::V4(Ipv4Addr::from_bits(number));
        let mut held: Vec<Place> = std::iter::from_fn(|| crowd.enter(at(1))).collect();
        assert_eq!(held.len(), MOST_OF_ONE);
        let others: Vec<Place> = (2..).map_while(|last| crowd.enter(at(last))).take(MOST).collect();
        assert_eq!(others.len(), MOST - MOST_OF_ONE, "until the house is full");
        held.pop();
        assert!(crowd.enter(at(1)).is_some());
        drop((held, others));
        assert!(crowd.lock().is_empty());
    }
}
