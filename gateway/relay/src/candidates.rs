//! What an answer tells the page of the ways to us. The WebRTC library names the sockets that it opened itself.

use std::net::IpAddr;

/// The answer with these addresses, all on one port, in place of every candidate in it. The first address is preferred.
pub(crate) fn name_candidates(answer: &str, addresses: &[IpAddr], port: u16) -> String {
    let candidate = |(place, address): (u32, &IpAddr)| {
        format!("a=candidate:{place} 1 udp {} {address} {port} typ host\r\n", host_priority(place))
    };
    let ours = (1..).zip(addresses).map(candidate).collect::<Vec<_>>().concat();
    let mut named = String::with_capacity(answer.len());
    let mut before_was_one = false;
    for line in answer.split_inclusive('\n') {
        let is_one = line.starts_with("a=candidate:");
        match (before_was_one, is_one) {
            (_, false) => named.push_str(line),
            (false, true) => named.push_str(&ours),
            (true, true) => {}
        }
        before_was_one = is_one;
    }
    named
}

/// RFC 8445, 5.1.2.1: a host candidate's, falling with its place.
fn host_priority(place: u32) -> u32 {
    (126 << 24) | (65_535_u32.saturating_sub(place) << 8) | 255
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn each_part_of_an_answer_names_our_addresses_on_the_one_port() {
        let ours = [IpAddr::V4(Ipv4Addr::new(203, 0, 113, 5)), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let part = |candidates: &str| format!("m=video 9 X 102\r\na=mid:0\r\n{candidates}");
        let theirs = part("a=candidate:9 1 udp 7 127.0.0.1 4 typ host\r\na=candidate:8 1 udp 7 ::1 5 typ host\r\n");
        let expected = part(
            "a=candidate:1 1 udp 2130706175 203.0.113.5 7445 typ host\r\na=candidate:2 1 udp 2130705919 ::1 7445 typ host\r\n",
        );
        let around = |part: &str| format!("v=0\r\n{part}{part}a=end-of-candidates\r\n");
        assert_eq!(name_candidates(&around(&theirs), &ours, 7445), around(&expected));
    }
}
