//! The listening end's door: callers under way are counted, and whoever is no longer admitted is shown out.

use crate::admissions::{Admissions, Fingerprint};
use crate::endpoint::leaf;
use quinn::{Connection, ConnectionError, VarInt};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Counts the handshakes under way on one endpoint, by the address they come from.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    admissions: Option<Admissions>,
    under_way: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

/// A caller whose handshake has not begun; await it to get the connection. Dropping it turns the caller away.
#[derive(Debug)]
pub struct Incoming {
    inner: quinn::Incoming,
    admissions: Option<Admissions>,
    place: Place,
}

/// One of the places at the door, free again when it is dropped.
#[derive(Debug)]
struct Place {
    door: Door,
    address: IpAddr,
}

impl Door {
    pub(crate) fn new(admissions: Option<Admissions>) -> Self {
        Self { admissions, under_way: Arc::default() }
    }

    /// A handshake costs a signature, on the thread that carries commands: strangers must not be able to order many.
    pub(crate) async fn next(&self, endpoint: &quinn::Endpoint) -> Option<Incoming> {
        loop {
            let inner = endpoint.accept().await?;
            let address = inner.remote_address().ip();
            let (all, from_there) = self.under_way(address);
            if all >= MOST || from_there >= MOST_OF_ONE {
                // No answer: a vehicle dials again after 150 ms, and an answer would cost as much as it saves.
                inner.ignore();
            } else if all >= CALM && !inner.remote_address_validated() {
                // Whoever lies about its address never gets the token that it must bring back. An error would mean that this
                // caller has brought one; it is dropped then and dials again.
                drop(inner.retry());
            } else {
                *self.lock().entry(address).or_default() += 1;
                let place = Place { door: self.clone(), address };
                return Some(Incoming { inner, admissions: self.admissions.clone(), place });
            }
        }
    }

    fn under_way(&self, address: IpAddr) -> (usize, usize) {
        let under_way = self.lock();
        (under_way.values().sum(), under_way.get(&address).copied().unwrap_or_default())
    }

    /// Counters are whole after every step, whatever became of the last holder.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Incoming {
    /// Who calls.
    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        self.inner.remote_address()
    }

    /// True if the caller has proved that it gets what is sent to its address.
    #[must_use]
    pub fn remote_address_validated(&self) -> bool {
        self.inner.remote_address_validated()
    }
}

impl IntoFuture for Incoming {
    type Output = Result<Connection, ConnectionError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { inner, admissions, place } = self;
            // Dropped at the end of its time, a handshake is over: nobody holds a place by dawdling.
            let connection = timeout(HANDSHAKE, inner.into_future()).await.map_err(|_| ConnectionError::TimedOut)??;
            drop(place);
            if let (Some(admissions), Some(leaf)) = (admissions, leaf(&connection)) {
                tokio::spawn(watch_over(connection.clone(), admissions, Fingerprint::of(&leaf)));
            }
            Ok(connection)
        })
    }
}

/// Closes a connection as soon as its certificate is no longer admitted; ends with it.
async fn watch_over(connection: Connection, admissions: Admissions, print: Fingerprint) {
    tokio::select! {
        _ = connection.closed() => {}
        why = admissions.shut_out(print) => connection.close(SHUT_OUT, why.as_bytes()),
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = self.door.lock();
        if let Some(count) = under_way.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.address);
            }
        }
    }
}

// Tells a refused vehicle from one whose connection was replaced (1) or whose hello was not taken (2).
const SHUT_OUT: VarInt = VarInt::from_u32(4);
// Two vehicles that dial with all their attempts at once on a bad link are no crowd.
const CALM: usize = 16;
// A whole fleet of fifty that dials after a restart of the gateway, each with a few attempts at once ...
const MOST: usize = 256;
// ... and half of it behind one router. Whoever has the rest of the addresses still gets in.
const MOST_OF_ONE: usize = 96;
// Three round trips of the worst link, and their retransmissions.
const HANDSHAKE: Duration = Duration::from_secs(3);
