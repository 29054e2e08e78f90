//! What the map of the site changes: what is on it counts as no person, zones are left free, the fence holds.

use super::stage::Stage;
use crate::Replay;
use crate::record::{Ending, Reader};
use farhand_machine::floors::{START, aisle, open};
use farhand_protocol::SafetyState as S;
use farhand_site::{SiteFile, Zone, ZoneKind};
use farhand_world::Ground;

fn site_of(ground: &Ground) -> SiteFile {
    let corners = |solid: &farhand_world::Solid| [solid.low.0, solid.low.1, solid.high.0, solid.high.1];
    let solids = ground.solids().iter().map(corners).collect();
    SiteFile { name: "floor".into(), solids, keep_clear: Vec::new(), fence: Vec::new() }
}

fn driven(site: &SiteFile, ground: Ground, speed_mm_s: i32) -> Stage {
    let mut stage = Stage::new("", ground, START).on_site(site).take_over();
    stage.hands = Some((speed_mm_s, 0));
    stage.run_ms(2500);
    assert_eq!(stage.core.state(), S::Teleop);
    stage
}

/// How many of the newest returns the map explains, and how many there are.
fn explained(stage: &Stage) -> (usize, usize) {
    let points = || stage.lookout.sweeps.iter().flat_map(|sweep| &sweep.points);
    (points().filter(|point| point.mapped).count(), points().count())
}

fn accepted(stage: &Stage) -> u32 {
    stage.lookout.proposal.expect("one").accepted.count()
}

#[test]
fn racks_on_the_map_are_no_people_and_softer_stops_are_free() {
    let stage = driven(&site_of(&aisle()), aisle(), 1500);
    let (on_the_map, all) = explained(&stage);
    assert!(all > 100 && on_the_map == all, "{on_the_map} of {all}");
    let blind = driven(&SiteFile { solids: Vec::new(), ..site_of(&aisle()) }, aisle(), 1500);
    assert_eq!(explained(&blind).0, 0);
    assert!(accepted(&stage) > accepted(&blind), "{} and {}", accepted(&stage), accepted(&blind));
}

#[test]
fn what_is_not_on_the_map_could_be_a_person() {
    let mut solids: Vec<_> = aisle().solids().to_vec();
    solids.push(farhand_world::Solid::new((4.0, 1.2), (4.6, 1.8), farhand_world::SolidKind::Clutter));
    let stage = driven(&site_of(&aisle()), Ground::new(solids), 1000);
    let (on_the_map, all) = explained(&stage);
    assert!(on_the_map < all && on_the_map > all / 2, "{on_the_map} of {all}");
}

#[test]
fn without_a_place_nothing_is_explained_and_the_truck_only_slows() {
    let mut stage = driven(&site_of(&aisle()), aisle(), 1500);
    let fast = stage.state().speed_mm_s;
    stage.machine.localised = false;
    stage.run_ms(300);
    assert_eq!(explained(&stage).0, 0, "from the next sweep on");
    stage.run_ms(2000);
    let state = stage.state();
    assert_eq!(state.state, S::Teleop);
    assert!(fast > 1300 && state.cap_mm_s <= 1000 && state.speed_mm_s <= 1010, "{fast}, then {state:?}");
    stage.machine.localised = true;
    stage.run_ms(300);
    assert_eq!(explained(&stage).0, 0, "not at once");
    stage.run_ms(600);
    assert!(explained(&stage).0 > 0, "but when it has agreed with the wheels for a while");
}

#[test]
fn a_place_that_leaps_explains_nothing_until_it_has_settled() {
    let mut stage = driven(&site_of(&aisle()), aisle(), 1000);
    stage.machine.ails.place_off_m = 0.6;
    stage.run_ms(300);
    assert_eq!(explained(&stage).0, 0);
    stage.machine.ails.place_off_m = 0.0;
    stage.run_ms(300);
    assert_eq!(explained(&stage).0, 0, "nobody knows which of the two was right");
    stage.run_ms(600);
    assert!(explained(&stage).0 > 0);
}

#[test]
fn a_stop_is_held_ready_that_leaves_a_zone_free() {
    let plain = driven(&site_of(&aisle()), aisle(), 1500);
    let end = |stage: &Stage| stage.lookout.proposal.expect("one").corridor.corners().map(|corner| corner.x_mm).max();
    // A walkway that the plain stop would leave the truck's rear on: some way more and it is free.
    let (rear, front) = plain.machine.truck.outline().bounds();
    let reach_m = plain.machine.truck.place().x_m + f64::from(end(&plain).expect("a floor")) / 1000.0;
    let rear_m = reach_m - (front.0 - rear.0);
    let zone = Zone { kind: ZoneKind::Crossing, low: (rear_m - 1.0, -1.9), high: (rear_m + 0.2, 1.9) };
    let site = SiteFile { keep_clear: vec![zone], ..site_of(&aisle()) };
    let stage = driven(&site, aisle(), 1500);
    assert_eq!(stage.lookout.survey.as_ref().map(|survey| survey.zones.len()), Some(1));
    assert_ne!(end(&stage), end(&plain), "another stop");
    let mut lost = stage;
    lost.hands = None;
    lost.until(S::Halt);
    let outline = lost.machine.truck.outline();
    assert!(
        !outline.overlaps(&farhand_world::Outline::upright(zone.low, zone.high)),
        "stands at {:?}",
        lost.machine.truck.place()
    );
}

#[test]
fn the_fence_holds_with_and_without_localisation() {
    let fence = vec![[-15.0, -5.0], [6.0, -5.0], [6.0, 5.0], [-15.0, 5.0]];
    for lost in [false, true] {
        let mut stage = Stage::new("", open(), START).on_site(&SiteFile { fence: fence.clone(), ..site_of(&open()) }).take_over();
        stage.hands = Some((2000, 0));
        stage.run_ms(1500);
        stage.machine.localised = !lost;
        stage.run_ms(15_000);
        let front_m = stage.machine.truck.outline().bounds().1.0;
        assert!(front_m <= 6.0, "lost {lost}: its front is at {front_m}");
        assert!(front_m > 3.5, "lost {lost}: it came near, {front_m}");
    }
}

#[test]
fn a_session_on_a_site_is_replayed_bit_by_bit() {
    let mut stage = Stage::new("", aisle(), START).on_site(&site_of(&aisle())).recorded().take_over();
    stage.hands = Some((1500, 0));
    stage.run_ms(2000);
    stage.hands = None;
    stage.until(S::Halt);
    let bytes = stage.record();
    let (header, mut reader) = Reader::open(bytes.as_slice()).expect("a record");
    assert!(header.site.as_deref().is_some_and(|site| site.contains("solids")));
    let mut replay = Replay::new(&header, false).expect("this program");
    while let Some(entries) = reader.entries().expect("whole") {
        for entry in &entries {
            replay.entry(entry);
        }
    }
    assert_eq!((replay.different(), reader.ending()), (0, Some(Ending::CutOff)));
    assert!(replay.ticks() > 400);
}
