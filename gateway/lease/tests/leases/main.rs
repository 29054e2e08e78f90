//! The lease desk through its public face, with invented time.

#![expect(clippy::panic, reason = "a failing test says what it saw")]

mod properties;
mod story;
