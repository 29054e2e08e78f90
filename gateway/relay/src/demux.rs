//! Whose datagram is it? Many connections share one UDP port, and this table tells them apart: first by the user name in
//! a STUN binding request, which only a page that was given an answer knows, then by the address that such a request came
//! from. Whatever else comes belongs to nobody, costs a look and leaves no trace.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

/// Connections at a time; each costs far more elsewhere than here.
pub(crate) const MOST_LINES: usize = 512;
/// Addresses that a page may be heard from: a few networks, each with IPv4 and IPv6. The one longest unheard makes room.
const MOST_REMOTES: usize = 8;

const STUN_HEADER: usize = 20;
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const USERNAME: u16 = 0x0006;
/// A request of ICE holds eight or so; a crafted one is not walked to its end.
const MOST_ATTRIBUTES: usize = 16;

/// One connection's place in the table; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LineId(u64);

/// There are as many connections as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

#[derive(Debug)]
struct Line<T> {
    name: Vec<u8>,
    /// The most recently heard comes last.
    remotes: VecDeque<SocketAddr>,
    to: T,
}

/// The table; `T` is where a connection's datagrams go.
#[derive(Debug)]
pub(crate) struct Demux<T> {
    lines: BTreeMap<LineId, Line<T>>,
    names: BTreeMap<Vec<u8>, LineId>,
    owners: BTreeMap<SocketAddr, LineId>,
    next: u64,
}

impl<T> Default for Demux<T> {
    fn default() -> Self {
        Self { lines: BTreeMap::new(), names: BTreeMap::new(), owners: BTreeMap::new(), next: 0 }
    }
}

impl<T> Demux<T> {
    /// Adds a connection, whose own STUN user name (the gateway's half) this is.
    ///
    /// # Errors
    /// [`Full`] at the bound, and for a name that another connection has.
    pub(crate) fn add(&mut self, name: &str, to: T) -> Result<LineId, Full> {
        let name = name.as_bytes().to_vec();
        if self.lines.len() >= MOST_LINES || self.names.contains_key(&name) {
            return Err(Full);
        }
        let id = LineId(self.next);
        self.next += 1;
        self.names.insert(name.clone(), id);
        self.lines.insert(id, Line { name, remotes: VecDeque::new(), to });
        Ok(id)
    }

    /// Forgets a connection and every address it was heard from.
    pub(crate) fn remove(&mut self, id: LineId) {
        let Some(line) = self.lines.remove(&id) else { return };
        self.names.remove(&line.name);
        for remote in line.remotes {
            self.owners.remove(&remote);
        }
    }

    /// Where a datagram goes; nowhere if it is no living connection's.
    pub(crate) fn route(&mut self, from: SocketAddr, datagram: &[u8]) -> Option<&T> {
        let id = match requested_name(datagram) {
            Some(name) => {
                let id = *self.names.get(name)?;
                self.heard(id, from).then_some(id)?
            }
            None => *self.owners.get(&from)?,
        };
        self.lines.get(&id).map(|line| &line.to)
    }

    /// False if the address is another living connection's: who was there first keeps it until that connection ends, so
    /// that nobody can draw somebody else's datagrams to himself.
    fn heard(&mut self, id: LineId, from: SocketAddr) -> bool {
        let Some(line) = self.lines.get_mut(&id) else { return false };
        match self.owners.get(&from) {
            Some(owner) if *owner != id => return false,
            Some(_) => line.remotes.retain(|remote| *remote != from),
            None => {
                if line.remotes.len() == MOST_REMOTES
                    && let Some(oldest) = line.remotes.pop_front()
                {
                    self.owners.remove(&oldest);
                }
                self.owners.insert(from, id);
            }
        }
        line.remotes.push_back(from);
        true
    }
}

/// The receiver's half of the user name in a STUN binding request (RFC 8445, 7.2.2); none if it is anything else.
fn requested_name(datagram: &[u8]) -> Option<&[u8]> {
    let (header, mut rest) = datagram.split_at_checked(STUN_HEADER)?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    if header[..2] != BINDING_REQUEST || header[4..8] != MAGIC_COOKIE || length != rest.len() {
        return None;
    }
    for _ in 0..MOST_ATTRIBUTES {
        let (head, after) = rest.split_at_checked(4)?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = after.get(..length)?;
        if u16::from_be_bytes([head[0], head[1]]) == USERNAME {
            let end = value.iter().position(|byte| *byte == b':')?;
            return Some(&value[..end]);
        }
        rest = after.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    #[test]
    fn a_page_is_known_by_its_name_and_then_by_its_address() {
        let mut table = Demux::default();
        table.add("gateA", 'a').expect("room");
        table.add("gateB", 'b').expect("room");
        assert_eq!(table.route(remote(1), b"media"), None, "nobody yet");
        assert_eq!(table.route(remote(1), &request("gateB:page")), Some(&'b'));
        assert_eq!(table.route(remote(1), b"media"), Some(&'b'));
        assert_eq!(table.route(remote(2), b"media"), None, "another address");
        assert_eq!(table.route(remote(2), &request("gateA:page")), Some(&'a'));
        assert_eq!(table.route(remote(1), b"media"), Some(&'b'));
    }

    #[test]
    fn a_request_with_a_name_that_nobody_has_is_nobodys_even_from_a_known_address() {
        let mut table = Demux::default();
        table.add("gateA", 'a').expect("room");
        assert_eq!(table.route(remote(1), &request("gateA:page")), Some(&'a'));
        for name in ["gateX:page", "gate:page", "gateAA:page", ":gateA", ""] {
            assert_eq!(table.route(remote(2), &request(name)), None, "{name}");
        }
        assert_eq!(table.owners.len(), 1);
    }

    #[test]
    fn an_address_stays_with_its_connection_until_that_ends() {
        let mut table = Demux::default();
        let first = table.add("gateA", 'a').expect("room");
        table.add("gateB", 'b').expect("room");
        assert_eq!(table.route(remote(1), &request("gateA:page")), Some(&'a'));
        assert_eq!(table.route(remote(1), &request("gateB:page")), None, "not to be drawn away");
        assert_eq!(table.route(remote(1), b"media"), Some(&'a'));
        table.remove(first);
        assert_eq!(table.route(remote(1), b"media"), None);
        assert_eq!(table.route(remote(1), &request("gateA:page")), None, "the name is gone as well");
        assert_eq!(table.route(remote(1), &request("gateB:page")), Some(&'b'));
    }

    #[test]
    fn the_address_longest_unheard_makes_room() {
        let mut table = Demux::default();
        table.add("gateA", 'a').expect("room");
        for port in 1..=8 {
            table.route(remote(port), &request("gateA:page"));
        }
        table.route(remote(1), &request("gateA:page"));
        table.route(remote(9), &request("gateA:page"));
        assert_eq!(table.route(remote(2), b"media"), None);
        assert_eq!(table.route(remote(1), b"media"), Some(&'a'));
        assert_eq!(table.route(remote(9), b"media"), Some(&'a'));
    }

    #[test]
    fn the_table_has_an_end_and_a_name_is_given_once() {
        let mut table = Demux::default();
        let first = table.add("gate0", ()).expect("room");
        assert_eq!(table.add("gate0", ()), Err(Full));
        for line in 1..MOST_LINES {
            table.add(&format!("gate{line}"), ()).expect("room");
        }
        assert_eq!(table.add("one more", ()), Err(Full));
        table.remove(first);
        table.add("one more", ()).expect("room again");
    }

    #[test]
    fn a_request_that_is_cut_short_or_is_none_names_nobody() {
        let whole = request("gateA:page");
        assert_eq!(requested_name(&whole), Some(&b"gateA"[..]));
        for end in 0..whole.len() {
            assert_eq!(requested_name(&whole[..end]), None, "{end} bytes");
        }
        for (at, value) in [(0, 0x01), (1, 0x11), (4, 0x22), (21, 0x07)] {
            let mut other = whole.clone();
            other[at] = value;
            assert_eq!(requested_name(&other), None, "byte {at}");
        }
    }

    #[test]
    fn a_request_of_nothing_but_empty_attributes_is_not_walked_to_its_end() {
        let mut long = header(1200);
        long.resize(long.len() + 1200 - 12, 0);
        long.extend([0x00, 0x06, 0x00, 0x06]);
        long.extend(*b"gateA:\0\0");
        assert_eq!(requested_name(&long), None);
    }

    proptest! {
        #[test]
        fn any_bytes_at_all_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = requested_name(&bytes);
        }

        #[test]
        fn any_attributes_at_all_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut datagram = header(bytes.len());
            datagram.extend(&bytes);
            if let Some(name) = requested_name(&datagram) {
                prop_assert!(!name.contains(&b':'));
            }
        }

        #[test]
        fn a_name_is_found_behind_other_attributes(others in prop::collection::vec((7_u16.., 0_usize..9), 0..15)) {
            let mut attributes = Vec::new();
            for (kind, length) in others {
                attribute(&mut attributes, kind, &vec![0xff; length]);
            }
            attribute(&mut attributes, USERNAME, b"gateA:page");
            let mut datagram = header(attributes.len());
            datagram.extend(&attributes);
            prop_assert_eq!(requested_name(&datagram), Some(&b"gateA"[..]));
        }

        /// Whatever comes and goes: an address has one owner, who lives, and nobody owns more than his share.
        #[test]
        fn the_tables_agree_and_stay_small(events in prop::collection::vec((0_u8..3, 0_u8..4, 1_u16..40), 0..300)) {
            let mut table = Demux::default();
            let mut living = BTreeMap::new();
            for (what, who, port) in events {
                let name = format!("gate{who}");
                match what {
                    0 => if let Ok(id) = table.add(&name, who) {
                        prop_assert!(living.insert(who, id).is_none());
                    },
                    1 => if let Some(id) = living.remove(&who) { table.remove(id) },
                    _ => {
                        let got = table.route(remote(port), &request(&format!("{name}:page"))).copied();
                        prop_assert!(got.is_none() || got == Some(who) && living.contains_key(&who));
                    }
                }
                prop_assert_eq!(table.lines.len(), living.len());
                prop_assert_eq!(table.names.len(), living.len());
                let held: usize = table.lines.values().map(|line| line.remotes.len()).sum();
                prop_assert_eq!(table.owners.len(), held);
                for (id, line) in &table.lines {
                    prop_assert!(line.remotes.len() <= MOST_REMOTES);
                    prop_assert!(line.remotes.iter().all(|remote| table.owners.get(remote) == Some(id)));
                }
            }
        }
    }

    fn remote(port: u16) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    }

    fn request(name: &str) -> Vec<u8> {
        let mut attributes = Vec::new();
        attribute(&mut attributes, USERNAME, name.as_bytes());
        let mut datagram = header(attributes.len());
        datagram.extend(&attributes);
        datagram
    }

    fn header(length: usize) -> Vec<u8> {
        let mut header = BINDING_REQUEST.to_vec();
        header.extend(u16::try_from(length).expect("short").to_be_bytes());
        header.extend(MAGIC_COOKIE);
        header.extend([7; 12]);
        header
    }

    fn attribute(into: &mut Vec<u8>, kind: u16, value: &[u8]) {
        into.extend(kind.to_be_bytes());
        into.extend(u16::try_from(value.len()).expect("short").to_be_bytes());
        into.extend(value);
        into.resize(into.len().next_multiple_of(4), 0);
    }
}
