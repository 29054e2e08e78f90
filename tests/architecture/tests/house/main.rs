//! The rules of the house, each with the place that breaks it in its message.

mod cores;
mod drawers;
mod held_out;
mod lengths;
mod rooms;
mod sources;
mod weight;
