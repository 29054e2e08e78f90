//! What the wire looks like from outside: golden bytes, TypeScript types, and bytes that nobody promised.
//!
//! `cargo xtask generate` runs the tests of `generated` with `FARHAND_GENERATE=1`, which writes the files instead of
//! comparing them.

mod generated;
mod golden;
mod refusals;
mod samples;
mod sizes;
mod strangers;
mod typescript;
