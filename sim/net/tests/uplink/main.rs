//! The estimate of the uplink against emulated links, in invented time.

mod way;

use farhand_link::{Uplink, UplinkLimits};
use farhand_net::{Conditions, Rate, Trace, preset};
use farhand_protocol::MonoTime;
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;
use way::{CEILING_BPS, FLOOR_BPS, Way, link};

const SECOND: Duration = Duration::from_secs(1);
/// On show until the next one comes.
const FRAME_MS: u64 = 34;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn on_a_wide_link_nothing_is_taken_away() {
    for conditions in [link(0, 0, 0, 0), link(0, 25, 0, 200), link(20_000, 25, 10, 100)] {
        let mut way = Way::over(conditions);
        way.run(2 * SECOND);
        let seen = way.run(20 * SECOND);
        assert_eq!(way.uplink().target_bps(), CEILING_BPS, "{:?}", way.uplink().waiting(way.now));
        // Two pictures behind each other, both with a loss, look like a link that narrows until the third is there.
        assert!(seen.held * 100 <= seen.made, "{} of {} pictures were not made", seen.held, seen.made);
        assert_eq!(seen.given_up, 0);
    }
}

#[test]
fn a_narrow_link_is_filled_to_nine_tenths_and_nothing_waits_on_it() {
    for (kbps, delay_ms, jitter_ms, loss_permyriad) in [(4000, 45, 10, 100), (2000, 25, 0, 0), (1000, 25, 0, 200)] {
        let mut way = Way::over(link(kbps, delay_ms, jitter_ms, loss_permyriad));
        way.run(5 * SECOND);
        let seen = way.run(30 * SECOND);
        let used = seen.bytes * 8 / 30 / kbps;
        let waits = seen.age(95).saturating_sub(ms(delay_ms + jitter_ms + FRAME_MS));
        assert!(used >= 900, "{kbps} kbit/s: {used} of 1000 used");
        assert!(waits <= ms(40), "{kbps} kbit/s: {waits:?}");
        assert!(seen.longest <= ms(150), "{kbps} kbit/s: nothing new for {:?}", seen.longest);
    }
}

/// What is under way when a link narrows left before anything could tell: with four cameras of 1.2 Mbit/s a picture of each
/// camera takes 160 ms to pass 1 Mbit/s, so that no sender shows anything newer of one of them in a shorter time.
#[test]
fn eight_to_one_and_back_freezes_nothing_that_could_move_and_is_in_budget_within_a_second() {
    let steps = [(1000, 25, 0, 190), (1000, 5, 5, 200), (1000, 25, 10, 200), (2000, 25, 0, 110)];
    for ((kbps, delay_ms, jitter_ms, longest), together) in steps.into_iter().flat_map(|step| [(step, false), (step, true)]) {
        let mut way = Way::over(link(8000, delay_ms, jitter_ms, 0));
        way.together = together;
        way.run(10 * SECOND);
        for (kbps, longest) in [(kbps, longest), (8000, 60)] {
            way.there.set_conditions(link(kbps, delay_ms, jitter_ms, 0));
            let first = way.run(SECOND);
            let later = way.run(9 * SECOND);
            assert!(first.longest <= ms(longest), "to {kbps} kbit/s over {delay_ms} ms: nothing new for {:?}", first.longest);
            assert_eq!(first.given_up + later.given_up, 0, "to {kbps} kbit/s over {delay_ms} ms");
            let waits = later.age(99).saturating_sub(ms(delay_ms + jitter_ms + FRAME_MS));
            // Four pictures of one instant take 33 ms to pass 1 Mbit/s.
            assert!(waits <= ms(if together { 85 } else { 50 }), "to {kbps} kbit/s over {delay_ms} ms: {waits:?}");
        }
        assert_eq!(way.uplink().target_bps(), CEILING_BPS);
    }
}

#[test]
fn losses_by_chance_and_jitter_take_nothing_away() {
    for conditions in ["wifi_lossy", "rtt50_loss2", "mangled"]
        .map(|name| preset(name).expect("known").conditions())
        .into_iter()
        .chain([link(0, 10, 30, 0)])
    {
        let mut way = Way::over(conditions.clone());
        way.run(2 * SECOND);
        let seen = way.run(20 * SECOND);
        assert_eq!(way.uplink().target_bps(), CEILING_BPS, "{conditions:?}");
        assert!(seen.held * 100 <= seen.made, "{} of {} pictures were not made: {conditions:?}", seen.held, seen.made);
    }
}

#[test]
fn a_way_that_is_longer_from_now_on_is_no_full_link() {
    let mut way = Way::over(link(8000, 5, 0, 0));
    way.run(10 * SECOND);
    way.there.set_conditions(link(8000, 60, 0, 0));
    let first = way.run(2 * SECOND);
    assert!(first.longest <= ms(200), "nothing new for {:?}", first.longest);
    way.run(2 * SECOND);
    assert_eq!(way.uplink().target_bps(), CEILING_BPS);
}

#[test]
fn a_step_on_a_lossy_link_costs_one_key_frame_and_no_more() {
    let mut way = Way::over(link(8000, 25, 10, 100));
    way.run(10 * SECOND);
    way.there.set_conditions(link(1000, 25, 10, 100));
    let first = way.run(SECOND);
    assert!(first.longest <= ms(500), "nothing new for {:?}", first.longest);
    assert!(first.given_up <= 2, "{} given up", first.given_up);
    assert!(way.run(9 * SECOND).age(99) <= ms(120));
}

#[test]
fn after_three_seconds_of_nothing_pictures_come_at_once_and_at_half_the_rate() {
    let mut way = Way::over(link(8000, 25, 0, 0));
    way.run(10 * SECOND);
    way.cut(true);
    let dark = way.run(3 * SECOND);
    assert_eq!(way.uplink().target_bps(), FLOOR_BPS);
    // What left before anything told.
    assert!(dark.made <= 9, "{} pictures into the dark", dark.made);
    way.cut(false);
    let first = way.run(ms(500));
    // Probed every 50 ms, 50 ms there and back, and then four key frames of 15 kB that take 15 ms and the way of 25 each.
    assert!(first.longest <= ms(3000 + 250), "{:?}", first.longest);
    assert!(way.uplink().target_bps() >= CEILING_BPS / 2);
    way.run(SECOND);
    assert_eq!(way.uplink().target_bps(), CEILING_BPS);
}

/// What a recorded link makes of ages by its own gaps was measured with the floor alone: p50 41 ms, p95 60 to 250 ms.
#[test]
fn on_links_of_a_drive_pictures_are_as_young_as_the_link_allows() {
    for name in ["Verizon-LTE-short.up", "TMobile-LTE-short.up", "Verizon-LTE-short.down"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/traces").join(name);
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: {name} is not there");
            continue;
        };
        let rate = Rate::Trace { trace: Trace::parse(&text).expect("a good trace"), queue_bytes: 150_000 };
        let mut way = Way::over(Conditions { rate, delay: ms(20), ..Conditions::default() });
        way.run(SECOND);
        let seen = way.run(138 * SECOND);
        let kbps = seen.bytes * 8 / 138_000;
        eprintln!(
            "{name}: {kbps} kbit/s, age {:?}, {:?}, {:?}, {} freezes",
            seen.age(50),
            seen.age(95),
            seen.age(99),
            seen.freezes
        );
        assert!(seen.age(50) <= ms(60), "{name}: {:?}", seen.age(50));
        assert!(seen.age(95) <= ms(300), "{name}: {:?}", seen.age(95));
        assert!(kbps > 800, "{name}: {kbps} kbit/s");
    }
}

/// Cameras that use a quarter of what they may, over a way that is held up for 40 ms every two seconds.
#[test]
fn what_is_held_up_now_and_again_takes_nothing_from_cameras_that_use_little() {
    let limits = UplinkLimits { floor_bps: FLOOR_BPS, ceiling_bps: CEILING_BPS };
    let (mut uplink, mut under_way) = (Uplink::new(limits), VecDeque::new());
    let began = uplink.target_bps();
    for millis in 0..60_000 {
        let now = MonoTime(millis * 1000);
        if millis % 8 == 0 {
            uplink.sent(now, 1_000);
            under_way.push_back(now);
        }
        let held_up = millis % 2_000 < 40;
        while under_way.front().is_some_and(|sent| !held_up && now.since(*sent) >= ms(3)) {
            let sent = under_way.pop_front().expect("looked at");
            uplink.acknowledged(now, sent, 1_000);
        }
        if !uplink.has_room(1_000) {
            uplink.held(now);
        }
        uplink.tick(now);
        assert!(uplink.target_bps() >= began || held_up || millis % 2_000 < 200, "{} at {millis} ms", uplink.target_bps());
    }
}
