//! The real program with a machine on a real socket: it hears the scanners, and their silence.

#[path = "program/site.rs"]
mod site;

use farhand_protocol::{Protection, SafetyState};
use farhand_world::ScanFault;
use site::{Guardian, Site, by_the_clock};
use std::path::Path;

const PROFILE: &str = "kind = \"counterbalance-truck\"\n[scanner]\nfitted = true\n";

#[test]
fn the_program_leaves_boot_with_scans_and_knows_when_they_end() {
    by_the_clock(boot_ends_with_scans);
}

fn boot_ends_with_scans(folder: &Path) {
    let mut site = Site::new(folder, PROFILE, "");
    site.machine.ails.scans = Some(ScanFault::Dropout);
    let _guardian = Guardian::start(folder);

    site.until("a machine that says nothing of scans", |state| {
        state.state == SafetyState::Boot && state.protection == Protection::Lost
    });
    site.turns(50);
    assert_eq!(site.state.as_ref().map(|state| state.state), Some(SafetyState::Boot), "silent scanners keep it in boot");

    site.machine.ails.scans = None;
    site.until("parked and watching", |state| state.state == SafetyState::Parked && state.protection == Protection::Watching);
    // Nobody asks for more than creep: what is before the forks may be a pallet, so the way ends where the body does.
    site.until("the wall ahead", |state| state.free_mm.is_some_and(|free| (4300..=4500).contains(&free)));

    site.machine.ails.scans = Some(ScanFault::Dropout);
    site.until("the silence", |state| state.protection == Protection::Lost && state.free_mm.is_none());
}
