//! Who of the vehicles in trouble is helped first, and why.

use farhand_protocol::{MonoTime, OperatorName, VehicleId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How much a vehicle needs a person. Greater is more urgent: the first field that differs decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Urgency {
    /// A person is within its reach.
    pub person_near: bool,
    /// It stands in the way of others.
    pub blocks_traffic: bool,
    /// Its load may fall or be damaged.
    pub load_at_risk: bool,
    /// How long it has waited.
    pub waited: Duration,
}

impl fmt::Display for Urgency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons = [
            (self.person_near, "a person is near"),
            (self.blocks_traffic, "others cannot pass"),
            (self.load_at_risk, "the load is at risk"),
        ];
        for (_, text) in reasons.into_iter().filter(|(holds, _)| *holds) {
            write!(f, "{text}, ")?;
        }
        write!(f, "waits for {} s", self.waited.as_secs())
    }
}

/// A vehicle that needs a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Which.
    pub vehicle: VehicleId,
    /// How much.
    pub urgency: Urgency,
    /// Who has taken it, if anybody.
    pub operator: Option<OperatorName>,
}

/// Since when a vehicle needs a person, and who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) since: MonoTime,
    pub(crate) operator: Option<String>,
    pub(crate) person_near: bool,
    pub(crate) load_at_risk: bool,
}

impl Call {
    pub(crate) fn urgency(&self, now: MonoTime, blocks_traffic: bool) -> Urgency {
        Urgency { person_near: self.person_near, blocks_traffic, load_at_risk: self.load_at_risk, waited: now.since(self.since) }
    }
}

/// The most urgent first; equals by name, so that a queue never swings.
pub(crate) fn sort(tickets: &mut [Ticket]) {
    tickets.sort_by(|one, other| other.urgency.cmp(&one.urgency).then_with(|| one.vehicle.cmp(&other.vehicle)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_near_comes_before_traffic_before_load_before_age() {
        let old = Urgency { waited: Duration::from_mins(15), ..Urgency::default() };
        let load = Urgency { load_at_risk: true, ..Urgency::default() };
        let traffic = Urgency { blocks_traffic: true, ..Urgency::default() };
        let person = Urgency { person_near: true, ..Urgency::default() };
        assert!(person > traffic && traffic > load && load > old);
    }

    #[test]
    fn the_reasons_are_said_in_words() {
        let urgency = Urgency { person_near: true, blocks_traffic: true, load_at_risk: false, waited: Duration::from_secs(7) };
        assert_eq!(urgency.to_string(), "a person is near, others cannot pass, waits for 7 s");
    }
}
