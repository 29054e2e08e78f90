//! The one table: cause -> action -> clears when -> who may take over. `docs/safety/rules.md` is generated from it.

use farhand_protocol::Cause;
use std::fmt::Write;

/// What a cause makes the vehicle do. Ordered: the most severe of all active causes wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The vehicle stands already: Halt.
    Hold,
    /// Stop by the site's policy, load-safe, along the path; then Halt.
    SafeStop,
    /// Brake load-safe at once, forks freeze, no choice of path; then Halt.
    Brake,
    /// Brake as hard as the machine can without tipping; then Halt.
    Protective,
    /// The machine cannot be trusted to answer: traction off, full brake, Halt at once.
    Cut,
    /// The truck's own emergency stop has acted.
    EStop,
}

/// When the condition behind a cause counts as gone. Re-arming also takes all of `good_for`, an acknowledgement, and neutral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clears {
    /// Commands of a live lease arrive in time again.
    CommandsFresh,
    /// The pictures needed for a take-over are fresh again.
    PicturesFresh,
    /// The agent's beat is heard.
    AgentHeard,
    /// The machine reports again.
    MachineHeard,
    /// The scanners are heard.
    ScanFresh,
    /// The scanners are heard and their protective field is free.
    FieldFree,
    /// Every checked camera of the take-over shows a new picture, where its check can tell at a standstill.
    PicturesMove,
    /// The gateway is connected.
    GatewayHeard,
    /// The emergency stop circuit is closed again, on the truck.
    CircuitClosed,
    /// Nothing to wait for: the acknowledgement itself.
    Acknowledged,
    /// The state could be stored again.
    StateStored,
    /// Only a restart of the guardian.
    Restart,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The cause.
    pub cause: Cause,
    /// What it makes the vehicle do.
    pub action: Action,
    /// When it counts as gone.
    pub clears: Clears,
    /// Who may bring the vehicle back, for people.
    pub take_over: &'static str,
    /// What happened, for people.
    pub meaning: &'static str,
}

/// Every cause, worst first. All latch.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    row(Cause::InternalFault, Action::EStop, Clears::Restart, TECHNICIAN, "the safety core met a state that cannot be"),
    row(Cause::EmergencyStop, Action::EStop, Clears::CircuitClosed, AT_TRUCK, "the red button on the truck, or its circuit"),
    row(Cause::MachineLost, Action::Cut, Clears::MachineHeard, DRIVER, "the drive adapter is gone or silent"),
    row(Cause::ClockJump, Action::Cut, Clears::Acknowledged, DRIVER, "the computer was suspended"),
    row(Cause::StateFileLost, Action::Cut, Clears::StateStored, DRIVER, "the state file was missing or damaged"),
    row(Cause::Restarted, Action::Cut, Clears::Acknowledged, DRIVER, "the guardian restarted while in use or latched"),
    row(Cause::FieldBreach, Action::Protective, Clears::FieldFree, DRIVER, "something was closer than the vehicle could stop"),
    row(Cause::NoWayOut, Action::Protective, Clears::Acknowledged, DRIVER, "the guard found no stop that was free"),
    row(Cause::ScanLost, Action::Protective, Clears::ScanFresh, DRIVER, "the safety scan was too old, or nobody judged it"),
    row(Cause::BrakeFault, Action::Protective, Clears::Acknowledged, SERVICE, "the vehicle did not slow as demanded"),
    row(Cause::SteeringFault, Action::Brake, Clears::Acknowledged, SERVICE, "the wheel did not follow its commands"),
    row(Cause::LiftFault, Action::Brake, Clears::Acknowledged, SERVICE, "the forks moved although they must not"),
    row(Cause::StopOverrun, Action::Brake, Clears::Acknowledged, DRIVER, "a stop took more than 8 s or 6 m"),
    row(Cause::TickOverrun, Action::Brake, Clears::Acknowledged, DRIVER, "the safety tick came more than 50 ms late"),
    row(Cause::RemoteStop, Action::Brake, Clears::Acknowledged, DRIVER, "a person pressed Stop"),
    row(Cause::EnablePanic, Action::Brake, Clears::Acknowledged, DRIVER, "the enable switch was pressed through"),
    row(Cause::LeaseRevoked, Action::Brake, Clears::CommandsFresh, DRIVER, "the lease was taken away while driving"),
    row(Cause::AgentLost, Action::SafeStop, Clears::AgentHeard, DRIVER, "the agent process is gone or silent"),
    row(Cause::LeaseLost, Action::SafeStop, Clears::CommandsFresh, DRIVER, "the lease ended while driving"),
    row(Cause::CommandLost, Action::SafeStop, Clears::CommandsFresh, DRIVER, "no accepted command for too long"),
    row(Cause::PictureUnknown, Action::SafeStop, Clears::PicturesFresh, DRIVER, "commands named no picture that was really sent"),
    row(Cause::PictureOld, Action::SafeStop, Clears::PicturesFresh, DRIVER, "the pictures behind the commands were too old"),
    row(Cause::PictureFrozen, Action::SafeStop, Clears::PicturesMove, DRIVER, "a required picture stood still while the vehicle moved"),
    row(Cause::PictureSwapped, Action::SafeStop, Clears::Acknowledged, SERVICE, "two pictures moved as each other's should, and one was required"),
    row(Cause::LinkFlapping, Action::SafeStop, Clears::CommandsFresh, DRIVER, "the link was late too often in too short a time"),
    row(Cause::PlanLost, Action::SafeStop, Clears::Acknowledged, DRIVER, "the autonomy was silent for too long"),
    row(Cause::LocalisationLost, Action::SafeStop, Clears::Acknowledged, DRIVER, "driving by itself, the vehicle lost its place"),
    row(Cause::OffCorridor, Action::SafeStop, Clears::Acknowledged, DRIVER, "driving by itself, the vehicle left its corridor"),
    row(Cause::GatewayLost, Action::Hold, Clears::GatewayHeard, DRIVER, "the gateway was away at the end of the released path"),
];

const DRIVER: &str = "anyone who may drive, with a lease";
const AT_TRUCK: &str = "a person at the truck resets it, then anyone who may drive";
const SERVICE: &str = "a technician looks at the machine, then anyone who may drive";
const TECHNICIAN: &str = "a technician restarts the guardian, then anyone who may drive";

/// A cause without a row would be the worst there is; a test says that there is none.
const WORST: Rule = row(Cause::InternalFault, Action::EStop, Clears::Restart, TECHNICIAN, "no rule");

const fn row(cause: Cause, action: Action, clears: Clears, take_over: &'static str, meaning: &'static str) -> Rule {
    Rule { cause, action, clears, take_over, meaning }
}

/// The row of a cause.
pub(crate) fn rule(cause: Cause) -> &'static Rule {
    RULES.iter().find(|rule| rule.cause == cause).unwrap_or(&WORST)
}

/// The table as a page in Markdown; `docs/safety/rules.md` is this text.
#[must_use]
pub fn rule_page() -> String {
    let mut page = String::from(
        "# Causes of a stop\n\nGenerated from `vehicle-agent/safety/src/rules.rs`; a test says when it is stale. Worst first: the most severe\n\
         action of all active causes is taken, every cause stays listed until the re-arm, and every one of them latches.\n\n\
         | cause | what happened | action | clears when | who may take over |\n|---|---|---|---|---|\n",
    );
    for rule in RULES {
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} |",
            word(rule.cause),
            rule.meaning,
            rule.action.words(),
            rule.clears.words(),
            rule.take_over
        );
    }
    page
}

fn word(cause: Cause) -> String {
    let mut word = String::new();
    for (index, letter) in format!("{cause:?}").char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

impl Action {
    /// What it is, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Hold => "Halt, the vehicle stands",
            Self::Protective => "brake as hard as the machine can without tipping, then Halt",
            Self::SafeStop => "safe stop by the site's policy, load-safe, then Halt",
            Self::Brake => "brake load-safe at once, forks freeze, then Halt",
            Self::Cut => "traction off, full brake, Halt at once",
            Self::EStop => "EStop at once",
        }
    }
}

impl Clears {
    /// What must be, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::CommandsFresh => "commands of a live lease arrive in time",
            Self::PicturesFresh => "the pictures needed for a take-over are fresh",
            Self::AgentHeard => "the agent's beat is heard",
            Self::MachineHeard => "the machine reports",
            Self::ScanFresh => "the safety scan is fresh",
            Self::FieldFree => "the safety scan is fresh and the protective field free",
            Self::PicturesMove => "the checked pictures of the take-over change",
            Self::GatewayHeard => "the gateway is connected",
            Self::CircuitClosed => "the emergency stop circuit is closed",
            Self::Acknowledged => "acknowledged",
            Self::StateStored => "the state is stored again",
            Self::Restart => "the guardian is restarted, and comes back latched",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_exactly_one_row() {
        for cause in Cause::ALL {
            assert_eq!(RULES.iter().filter(|rule| rule.cause == *cause).count(), 1, "{cause:?}");
        }
    }

    #[test]
    fn a_cause_without_a_row_would_be_the_worst() {
        let worst = row(WORST.cause, Action::EStop, Clears::Restart, TECHNICIAN, "no rule");
        assert_eq!((worst.action, worst.clears, worst.meaning), (WORST.action, WORST.clears, WORST.meaning));
        assert!(RULES.iter().all(|rule| rule.action <= worst.action));
    }

    #[test]
    fn rows_stand_worst_first() {
        assert!(RULES.windows(2).all(|pair| pair[0].action >= pair[1].action));
    }

    #[test]
    fn the_page_in_docs_is_this_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/safety/rules.md");
        if std::env::var_os("FARHAND_GENERATE").is_some() {
            std::fs::write(path, rule_page()).expect("written");
        }
        let page = std::fs::read_to_string(path).expect("docs/safety/rules.md exists");
        assert_eq!(page, rule_page(), "stale: run FARHAND_GENERATE=1 cargo nextest run -p farhand-safety the_page");
    }
}
