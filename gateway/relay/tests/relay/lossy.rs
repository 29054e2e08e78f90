//! A network on loopback that loses what it is told to.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::UdpSocket;

/// Loses each picture packet with a sequence number that `loses` names, the first time it comes by.
pub(crate) async fn lossy(gateway: SocketAddr, loses: fn(u16) -> bool) -> (SocketAddr, Arc<Mutex<BTreeSet<u16>>>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let here = socket.local_addr().expect("bound");
    let lost = Arc::new(Mutex::new(BTreeSet::new()));
    let losing = Arc::clone(&lost);
    tokio::spawn(async move {
        let (mut page, mut buffer) = (None, [0; 2000]);
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.expect("received");
            let datagram = &buffer[..length];
            let to = if from == gateway {
                let due =
                    picture(datagram).is_some_and(|sequence| loses(sequence) && losing.lock().expect("whole").insert(sequence));
                page.filter(|_| !due)
            } else {
                page = Some(from);
                Some(gateway)
            };
            if let Some(to) = to {
                socket.send_to(datagram, to).await.expect("sent");
            }
        }
    });
    (here, lost)
}

/// The sequence number in a packet of pictures, whose header is readable (RFC 3711); reports have higher types.
fn picture(datagram: &[u8]) -> Option<u16> {
    let is_rtp = datagram.len() > 12 && datagram[0] >> 6 == 2 && !(64..96).contains(&(datagram[1] & 0x7f));
    is_rtp.then(|| u16::from_be_bytes([datagram[2], datagram[3]]))
}
