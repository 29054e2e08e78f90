//! The blind relay between vehicles (QUIC) and people's pages (WebRTC): it copies bytes, looks at priority and age,
//! and decodes no picture. What is *allowed* is not decided here but asked of [`Rules`].

mod rules;

pub use rules::{CommandRefusal, LeaseView, Rules, ViewerId};
