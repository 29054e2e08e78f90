//! Operators at their desks, scripted: each takes the most urgent vehicle that nobody has, gets to it, helps, and gives it back.

use crate::random::{Random, actor};
use farhand_coordination::Ticket;
use farhand_protocol::{MonoTime, OperatorName};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Desk,
    /// Reads the ticket, opens the pictures, takes the lease.
    Coming {
        truck: usize,
        until: MonoTime,
    },
    /// Looks around, talks to people, or drives.
    Helping {
        truck: usize,
        until: MonoTime,
    },
}

/// What an operator does to a vehicle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    Take {
        truck: usize,
        operator: OperatorName,
    },
    /// Has pictures and authority from now on, and will drive over so many nodes.
    Control {
        truck: usize,
        nodes: usize,
    },
    Release {
        truck: usize,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Operator {
    name: OperatorName,
    at: At,
    random: Random,
}

impl Operator {
    pub(crate) fn new(seed: u64, number: usize) -> anyhow::Result<Self> {
        let name = OperatorName::new(&format!("operator-{}", number + 1))?;
        Ok(Self { name, at: At::Desk, random: Random::stream(seed, actor::PEOPLE, number) })
    }

    /// * `truck`: the place of a ticket's vehicle.
    /// * `finished`: true once the vehicle has been driven where it was to go.
    pub(crate) fn step(
        &mut self,
        now: MonoTime,
        tickets: &[Ticket],
        truck: impl Fn(&Ticket) -> Option<usize>,
        finished: impl Fn(usize) -> bool,
    ) -> Option<Deed> {
        match self.at {
            At::Desk => {
                let place = tickets.iter().filter(|ticket| ticket.operator.is_none()).find_map(truck)?;
                let coming = self.span(COMING_S);
                self.at = At::Coming { truck: place, until: now.after(coming) };
                Some(Deed::Take { truck: place, operator: self.name.clone() })
            }
            At::Coming { truck, until } if now >= until => {
                let helping = self.span(HELPING_S);
                self.at = At::Helping { truck, until: now.after(helping) };
                // Half of the time it is enough to look and to clear the cause.
                let nodes = if self.random.chance(0.5) { 1 + self.random.below(3) } else { 0 };
                Some(Deed::Control { truck, nodes })
            }
            At::Helping { truck, until } if now >= until && (finished(truck) || now >= until.after(MOST_DRIVING)) => {
                self.at = At::Desk;
                Some(Deed::Release { truck })
            }
            At::Coming { .. } | At::Helping { .. } => None,
        }
    }

    /// Busy with a vehicle, or on the way to it.
    pub(crate) fn is_helping(&self) -> bool {
        self.at != At::Desk
    }

    fn span(&mut self, (low, high): (f64, f64)) -> Duration {
        Duration::from_secs_f64(self.random.between(low, high))
    }
}

/// From taking a ticket to pictures and authority, in seconds: 300 ms of it are the machine's, the rest is a person who reads and
/// turns to another vehicle (safety.md 1.2: 4 to 5 s more for one who was at another task).
const COMING_S: (f64, f64) = (3.0, 9.0);
/// To see what is wrong and to mend it, in seconds, without driving.
const HELPING_S: (f64, f64) = (10.0, 50.0);
/// A person does not wait at the wheel for ever for a way to become free.
const MOST_DRIVING: Duration = Duration::from_mins(1);
