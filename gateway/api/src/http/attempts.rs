//! How often somebody may try to log in.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use farhand_protocol::OperatorName;
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where a request comes from, as far as the server knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller(pub(super) Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip())))
    }
}

/// Logins of the last minute that have not succeeded.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    failed: Mutex<Failed>,
}

#[derive(Debug, Default)]
struct Failed {
    by_name: Tally<OperatorName>,
    by_address: Tally<IpAddr>,
}

impl Attempts {
    /// Counts an attempt; false if there were too many. Counted before the password is looked at, so that many at once
    /// are no way around it.
    pub(super) fn begin(&self, name: &OperatorName, address: Option<IpAddr>, now: Instant) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        // The address first: whoever has used that up must not use up the accounts of others as well.
        address.is_none_or(|address| failed.by_address.count(address, MOST_FROM_ONE, now))
            && failed.by_name.count(name.clone(), MOST_FOR_ONE, now)
    }

    /// The name's own count begins anew. The address's does not: one good account is no licence to try the others.
    pub(super) fn succeeded(&self, name: &OperatorName) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).by_name.times.remove(name);
    }
}

/// When each of them tried, within the last minute.
#[derive(Debug)]
struct Tally<Key> {
    times: BTreeMap<Key, VecDeque<Instant>>,
}

impl<Key: Ord + Clone> Tally<Key> {
    fn count(&mut self, key: Key, most: usize, now: Instant) -> bool {
        for times in self.times.values_mut() {
            times.retain(|at| now.duration_since(*at) < SPAN);
        }
        self.times.retain(|_, times| !times.is_empty());
        if self.times.len() >= KEYS && !self.times.contains_key(&key) {
            // The one that has been quiet the longest makes room: strangers who invent names must not shut others out.
            let quiet = self.times.iter().min_by_key(|(_, times)| times.back().copied()).map(|(key, _)| key.clone());
            quiet.and_then(|key| self.times.remove(&key));
        }
        let times = self.times.entry(key).or_default();
        if times.len() >= most {
            return false;
        }
        times.push_back(now);
        true
    }
}

impl<Key> Default for Tally<Key> {
    fn default() -> Self {
        Self { times: BTreeMap::new() }
    }
}

const SPAN: Duration = Duration::from_mins(1);
const MOST_FOR_ONE: usize = 10;
// A control room behind one router, all of whose people mistype at the start of a shift.
const MOST_FROM_ONE: usize = 40;
// Bounds the memory that inventors of names can fill.
const KEYS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn name(text: &str) -> OperatorName {
        OperatorName::new(text).expect("a name")
    }

    #[test]
    fn the_eleventh_failure_in_a_minute_is_not_even_looked_at() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        let (ada, bob) = (name("ada"), name("bob"));
        assert!((0..10).all(|_| attempts.begin(&ada, None, start)));
        assert!(!attempts.begin(&ada, None, start));
        assert!(attempts.begin(&bob, None, start), "another account is not touched");
        assert!(attempts.begin(&ada, None, start + Duration::from_mins(1)));
        attempts.succeeded(&ada);
        assert!((0..10).all(|_| attempts.begin(&ada, None, start + Duration::from_mins(1))));
    }

    #[test]
    fn a_guesser_of_names_uses_up_the_address_and_not_the_accounts() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        let at = |last| Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)));
        assert!((0..40).all(|number| attempts.begin(&name(&format!("guess-{number}")), at(1), start)));
        assert!((0..20).all(|_| !attempts.begin(&name("ada"), at(1), start)));
        assert!(attempts.begin(&name("ada"), at(2), start), "ada herself still gets in");
    }

    #[test]
    fn a_thousand_invented_names_shut_nobody_out() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        for number in 0..3000_u64 {
            assert!(attempts.begin(&name(&format!("guess-{number}")), None, start + Duration::from_micros(number)));
        }
        assert!(attempts.begin(&name("ada"), None, start + Duration::from_millis(4)));
        assert!(attempts.failed.lock().expect("not poisoned").by_name.times.len() <= KEYS);
    }
}
