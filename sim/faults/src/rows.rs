//! The rows of safety.md section 7: what is done to the vehicle, and what must hold.

mod cables;
mod crashes;
mod fleet;
mod links;
mod machines;
mod messages;
mod senses;

/// How much of each row is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Drives of each kind.
    pub(crate) drives: u32,
    /// Of one long drive.
    pub(crate) minutes: u32,
    /// Spoilt messages.
    pub(crate) messages: u32,
}

/// What came of a row that holds.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) trials: u64,
    pub(crate) figure: String,
}

impl Found {
    pub(crate) fn new(trials: usize, figure: String) -> anyhow::Result<Self> {
        Ok(Self { trials: u64::try_from(trials)?, figure })
    }
}

/// How a row is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shown {
    /// Here, in invented time.
    Here(fn(&Effort) -> anyhow::Result<Found>),
    /// By something else.
    Elsewhere(&'static str),
    /// Nowhere.
    Not(&'static str),
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// As safety.md numbers it, with a letter where it is shown in parts.
    pub(crate) number: &'static str,
    pub(crate) fault: &'static str,
    pub(crate) holds: &'static str,
    pub(crate) shown: Shown,
}

const fn row(number: &'static str, fault: &'static str, holds: &'static str, shown: Shown) -> Row {
    Row { number, fault, holds, shown }
}

use Shown::{Elsewhere, Here, Not};

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row("1", "both ways dark, in an aisle, a bend, before a wall", "brake <= 0.30 s, rest <= 8 s, nothing touched, latched", Here(links::dark)),
    row("2", "pictures dark, commands flow", "stopped for the picture at an age <= 0.65 s", Here(links::pictures_dark)),
    row("3", "commands dark, pictures flow", "as 1, and the page shows the stop within 0.5 s", Here(links::commands_dark)),
    row("4", "round trip 50 to 1,500 ms in 20 s", "speed <= d_blind / age, one stop, no swinging", Here(links::ramp)),
    row("5a", "2 % lost, round trip 60 +- 20 ms", "false stops <= 1 an hour", Here(links::common_loss)),
    row("5b", "30 % lost in bursts", "no stop below the limits", Here(links::bursts)),
    row("6", "200 ms dark, 300 ms light, again and again", "one stop, for the flapping, that stays", Here(links::flapping)),
    row("7", "pictures behind a queue of 2 s", "stopped for the picture at an age <= 0.65 s, commands not behind it", Here(links::bloat)),
    row("8", "gateway killed and started again", "vehicles stop, epochs survive, nothing moves by itself", Elsewhere("end to end, `3-crashes`")),
    row("9a", "agent dead", "brake <= 0.2 s", Here(crashes::agent)),
    row("9b", "guardian dead, and another starts", "the machine brakes <= 0.25 s; latched, no motion", Here(crashes::guardian)),
    row("10a", "page dead", "brake <= 0.30 s, latched", Here(crashes::page)),
    row("10b", "switch stuck: nothing changes any more", "traction off after 25 s, no motion before the switch is let go", Here(crashes::stuck_switch)),
    row("11", "page clock an hour off, 500 ppm fast, set back", "every command to the machine the same", Here(crashes::clocks)),
    row("12a", "front picture stands still under new stamps", "stopped <= 0.6 s", Here(senses::frozen_front)),
    row("12b", "rear picture stands still, driving forward", "said, not stopped", Here(senses::frozen_rear)),
    row("12c", "front and rear camera cables swapped, driving", "stopped, 19 of 20 <= 0.6 s; never before", Here(cables::swapped)),
    row("13", "cut, changed and invented commands", "no panic, none counts, all counted", Here(messages::spoilt)),
    row("14", "recorded commands again: same lease, next lease, next start", "none counts", Here(messages::replayed)),
    row("15", "two ask in one tick; during a stop; when a lease ends", "one holder, the other told at once", Here(messages::two_people)),
    row("16", "policy: none, constant, NaN, infinite, late, the worst", "stops touch nothing; one of no use changes nothing", Here(senses::policies)),
    row("17a", "scanners silent, half blind, dirty", "brake <= 150 ms after the last good sweep, and a tick", Here(senses::scanners)),
    row("17b", "a ghost that stays ahead", "never faster than what stops before it", Here(senses::ghost)),
    row("17c", "sweeps frozen under new stamps", "as 17a", Here(senses::frozen_scanners)),
    row("18a", "wheel stuck", "stopped, and the cause is the wheel", Here(machines::wheel)),
    row("18b", "half a brake", "rest <= 8 s; from 1.5 m/s on the cause is the brake", Here(machines::brake)),
    row("18c", "friction 0.3", "rest <= 8 s; the load-safe brake locks no wheel", Here(machines::wet)),
    row("19", "a person steps out", "avoidable contacts of the study", Elsewhere("`farhand-sim study`, docs/study.md")),
    row("20", "load raised, and 1, 2 or 3", "nothing tips or slides", Here(machines::raised)),
    row("21a", "stop by a person without the lease", "brake in the next tick, latched", Here(crashes::remote_stop)),
    row("21b", "emergency stop, and closed again with the switch held", "no motion", Here(crashes::emergency_stop)),
    row("22", "disk full", "driving goes on, no new lease, the journal is written later", Elsewhere("end to end, `14-full-disk`")),
    row("23a", "50 vehicles, 2 operators, delays, losses, restarts", "nothing touched, nobody stuck, no grant lost, equal seeds equal", Here(fleet::usual)),
    row("23b", "8 vehicles, 2 operators", "ticket to control p95 <= 15 s", Here(fleet::control)),
    row("23c", "one vehicle of a fleet stands for good", "<= 1.5 times its share", Not("missed by a little: `farhand-sim traffic --only halted`, docs/traffic.md")),
    row("23d", "throughput on the benchmark's map", ">= 90 % of ideal points", Not("missed: `farhand-sim traffic --only map`, docs/traffic.md")),
    row("24", "an hour of work in invented time", "nothing drifts, nothing breached", Here(links::soak)),
    row("25", "each guard of the core taken out", "something fails", Elsewhere("`farhand-sim model`, docs/safety/model.md")),
];
