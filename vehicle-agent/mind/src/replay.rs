//! Runs a record through the same mind again, and compares what came of each tick.

use crate::record::{Entry, Header};
use crate::verdict::Said;
use crate::{Mind, Verdict};
use farhand_profile::Profile;
use farhand_protocol::{MonoTime, SafetyState, WIRE_VERSION};
use farhand_settings::SettingsError;
use farhand_site::SiteMap;
use std::path::Path;
use std::time::Duration;

/// Why a record cannot be run again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoReplay {
    /// Its messages mean something else now.
    #[error(
        "was recorded with messages of version {found}, and this program knows version {WIRE_VERSION}: use program {program}"
    )]
    Wire {
        /// Their version.
        found: u16,
        /// The program that recorded.
        program: String,
    },
    /// Another version of the program.
    #[error(
        "was recorded by version {found}, and this is {}: use that one, or say --any-version to see what has changed",
        env!("CARGO_PKG_VERSION")
    )]
    Program {
        /// The program that recorded.
        found: String,
    },
    /// The profile in it is refused.
    #[error("holds a profile that this program refuses: {0}")]
    Profile(#[from] SettingsError),
    /// The site in it is refused.
    #[error("holds a site that this program refuses: {0}")]
    Site(SettingsError),
    /// The state file in it is none.
    #[error("holds a state file that is damaged")]
    Stored,
}

/// A tick that came out otherwise than it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// The tick, from 1.
    pub tick: u64,
    /// From the start of the record.
    pub at: Duration,
    /// As it was recorded.
    pub recorded: Verdict,
    /// As it is now.
    pub replayed: Verdict,
}

/// The state changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// From the start of the record.
    pub at: Duration,
    /// The state before; none at the first tick.
    pub from: Option<SafetyState>,
    /// What came of the tick.
    pub to: Verdict,
    /// Measured speed.
    pub speed_mm_s: i32,
}

/// A record on its way through the mind.
#[derive(Debug)]
pub struct Replay {
    mind: Mind,
    said: Said,
    begun: MonoTime,
    reached: MonoTime,
    state: Option<SafetyState>,
    ticks: u64,
    different: u64,
    first: Option<Difference>,
}

impl Replay {
    /// Begins where the record does. `any_version` takes the record of another version of the program too: what differs then
    /// is what has changed.
    ///
    /// # Errors
    /// [`NoReplay`].
    pub fn new(header: &Header, any_version: bool) -> Result<Self, NoReplay> {
        if header.wire != WIRE_VERSION {
            return Err(NoReplay::Wire { found: header.wire, program: header.program.clone() });
        }
        if header.program != env!("CARGO_PKG_VERSION") && !any_version {
            return Err(NoReplay::Program { found: header.program.clone() });
        }
        let profile: Profile = farhand_settings::parse(&header.profile, Path::new("the record's profile"))?;
        let start = header.start().ok_or(NoReplay::Stored)?;
        let mut mind = Mind::new(&profile, &start);
        if let Some(site) = &header.site {
            mind = mind.on_site(SiteMap::parse(site, Path::new("the record's site")).map_err(NoReplay::Site)?);
        }
        Ok(Self {
            mind,
            said: Said::default(),
            begun: start.at,
            reached: start.at,
            state: None,
            ticks: 0,
            different: 0,
            first: None,
        })
    }

    /// Does again what was done; tells of a change of state.
    pub fn entry(&mut self, entry: &Entry) -> Option<Change> {
        match entry {
            Entry::Heard(at, heard) => {
                let taken = self.mind.take(*at, heard);
                self.said.taken(&taken);
                None
            }
            Entry::Think(at) => {
                let thought = self.mind.think(*at);
                self.said.thought(&thought);
                None
            }
            Entry::Tick(at, recorded) => self.tick(*at, recorded),
        }
    }

    fn tick(&mut self, at: MonoTime, recorded: &Verdict) -> Option<Change> {
        let decision = self.mind.tick(at);
        let replayed = self.said.verdict(&self.mind, &decision);
        self.reached = at;
        self.ticks += 1;
        let since_start = at.since(self.begun);
        if replayed != *recorded {
            self.different += 1;
            let difference = Difference { tick: self.ticks, at: since_start, recorded: *recorded, replayed };
            self.first.get_or_insert(difference);
        }
        let from = self.state.replace(replayed.state);
        let speed_mm_s = decision.event.map_or(0, |event| event.speed_mm_s);
        (from != self.state).then_some(Change { at: since_start, from, to: replayed, speed_mm_s })
    }

    /// How long the record is so far.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.reached.since(self.begun)
    }

    /// Ticks so far.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.ticks
    }

    /// Ticks that came out otherwise.
    #[must_use]
    pub fn different(&self) -> u64 {
        self.different
    }

    /// The first of them.
    #[must_use]
    pub fn first_difference(&self) -> Option<&Difference> {
        self.first.as_ref()
    }
}

#[cfg(test)]
#[path = "replay/tests.rs"]
mod tests;
