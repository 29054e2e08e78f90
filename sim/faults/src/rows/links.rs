//! Rows 1 to 7 and 24: what networks do.

use super::{Effort, Found};
use crate::network::{BOTH_WAYS, Network, Way};
use crate::page::Wishes;
use crate::rig::Rig;
use crate::stop::{MOST_SILENCE, millis};
use farhand_machine::floors::{self, START};
use farhand_net::{Conditions, Gilbert, Rate};
use farhand_protocol::{Cause, MonoTime, SafetyState};
use farhand_world::{Ground, Random};
use std::time::Duration;

/// What a silent link is stopped for: whichever limit it meets first.
pub(super) const SILENT: [Cause; 3] = [Cause::CommandLost, Cause::PictureOld, Cause::LeaseLost];
/// safety.md section 7: the oldest picture that may be driven by, with the time to notice.
const OLDEST_PICTURE: Duration = Duration::from_millis(650);

/// A floor, how it is driven, and for how long at most before the fault.
#[derive(Clone, Copy)]
pub(super) struct Course {
    pub(super) name: &'static str,
    pub(super) ground: fn() -> Ground,
    pub(super) wishes: Wishes,
    pub(super) longest_s: f64,
}

pub(super) const AISLE: Course = Course {
    name: "aisle",
    ground: floors::aisle,
    wishes: |place| (2500, floors::steering_along_the_aisle(place)),
    longest_s: 3.4,
};
/// The bend begins 11 m on.
pub(super) const BEND: Course =
    Course { name: "bend", ground: floors::bend, wishes: |place| (2500, floors::steering_along_the_bend(place)), longest_s: 9.0 };
const WALL: Course = Course {
    name: "wall",
    ground: floors::dead_end,
    wishes: |place| (2500, floors::steering_along_the_aisle(place)),
    longest_s: 6.0,
};

/// A drive on a course, up to some instant of it with the truck under way.
pub(super) fn under_way(course: &Course, more: &str, seed: u64) -> anyhow::Result<Rig> {
    let mut rig = Rig::taken_over(more, (course.ground)(), START)?;
    let mut chance = Random::new(seed);
    rig.page.hands.wishes = course.wishes;
    rig.page.hands.most_mm_s = if chance.chance(0.6) { 2500 } else { 1200 };
    rig.page.hands.beside_mrad = if chance.chance(0.5) { 40 } else { -40 };
    rig.until(10.0, "a truck under way", |rig| rig.machine.truck.speed_mps() > 0.4)?;
    rig.run(chance.between(0.2, course.longest_s));
    if rig.machine.truck.speed_mps() < 0.2 || rig.state.state != SafetyState::Teleop {
        // It came to the end of its way: some other instant.
        return under_way(course, more, seed + 1_000_003);
    }
    Ok(rig)
}

/// A drive in circles, with nothing in the way.
fn in_circles(network: Network) -> anyhow::Result<Rig> {
    let mut rig = Rig::taken_over("", floors::open(), START)?;
    rig.page.hands.wishes = |_| (1200, 250);
    rig.network = network;
    rig.run(3.0);
    Ok(rig)
}

/// A hand that is alive never holds the wheel as still as a stuck one.
fn wobble(rig: &mut Rig, second: u32) {
    rig.page.hands.beside_mrad = if second.is_multiple_of(2) { 20 } else { -20 };
}

pub(super) fn dark(effort: &Effort) -> anyhow::Result<Found> {
    let (mut silences, mut rests) = (Vec::new(), Vec::new());
    for seed in 0..effort.drives {
        for course in [AISLE, BEND, WALL] {
            let mut rig = under_way(&course, "", u64::from(seed))?;
            rig.network.blackout(&BOTH_WAYS, true);
            let stop = rig.stops_well(&SILENT)?;
            anyhow::ensure!(stop.silence <= MOST_SILENCE, "{} {seed}: braked after {:?}", course.name, stop.silence);
            rig.network.blackout(&BOTH_WAYS, false);
            rig.stays(2.5)?;
            if seed == 0 {
                rig.returns()?;
            }
            silences.push(stop.silence);
            rests.push(stop.rest);
        }
    }
    Found::new(silences.len(), format!("brake {}, rest {} (p50 / most)", millis(&silences), millis(&rests)))
}

pub(super) fn pictures_dark(effort: &Effort) -> anyhow::Result<Found> {
    stopped_for_the_picture(effort, |rig| rig.network.blackout(&[Way::Pictures], true))
}

pub(super) fn bloat(effort: &Effort) -> anyhow::Result<Found> {
    let full = Conditions { rate: Rate::Fixed { bits_per_second: 1_000_000, queue_bytes: 250_000 }, ..Conditions::default() };
    stopped_for_the_picture(effort, move |rig| rig.network.conditions(&[Way::Pictures], &full))
}

/// The age of the newest picture on the glass when the brake came.
fn stopped_for_the_picture(effort: &Effort, fault: impl Fn(&mut Rig)) -> anyhow::Result<Found> {
    let mut ages = Vec::new();
    for seed in 0..effort.drives {
        let mut rig = under_way(&AISLE, "", u64::from(seed))?;
        fault(&mut rig);
        rig.oracle.watch();
        rig.until(10.0, "the stop", |rig| rig.oracle.braked.is_some())?;
        let drawn = rig.page.glass(0).ok_or_else(|| anyhow::anyhow!("nothing was drawn"))?;
        let (age, silence) = (rig.now.since(drawn), rig.now.since(rig.oracle.last_command));
        anyhow::ensure!(rig.state.causes.contains(&Cause::PictureOld), "stopped for {:?}", rig.state.causes);
        anyhow::ensure!(age <= OLDEST_PICTURE, "the picture was {age:?} old");
        anyhow::ensure!(silence <= Duration::from_millis(50), "commands were {silence:?} behind");
        rig.stops(crate::stop::MOST_STOP)?;
        ages.push(age);
    }
    Found::new(ages.len(), format!("age at the brake {} (p50 / most)", millis(&ages)))
}

pub(super) fn commands_dark(effort: &Effort) -> anyhow::Result<Found> {
    let (mut silences, mut shown) = (Vec::new(), Vec::new());
    for seed in 0..effort.drives {
        let mut rig = under_way(&BEND, "", u64::from(seed))?;
        rig.page.shown.clear();
        rig.network.blackout(&[Way::Commands], true);
        let stop = rig.stops_well(&SILENT)?;
        anyhow::ensure!(stop.silence <= MOST_SILENCE, "braked after {:?}", stop.silence);
        let braked = rig.oracle.braked.unwrap_or(rig.now);
        let seen = rig.page.shown.iter().find(|(_, state)| *state == SafetyState::SafeStop);
        let (seen, _) = seen.ok_or_else(|| anyhow::anyhow!("the page never showed the stop"))?;
        anyhow::ensure!(seen.since(braked) <= Duration::from_millis(500), "shown {:?} later", seen.since(braked));
        silences.push(stop.silence);
        shown.push(seen.since(braked));
    }
    Found::new(silences.len(), format!("brake {}, shown {} (p50 / most)", millis(&silences), millis(&shown)))
}

/// The cap's blind distance, in mm: half a metre (profile, `link.blind_distance_m`), with the truck's own lag.
const BLIND_MM: f64 = 500.0;

pub(super) fn ramp(_effort: &Effort) -> anyhow::Result<Found> {
    let mut rig = in_circles(Network::new())?;
    let (begin, mut over) = (rig.now, Duration::ZERO);
    rig.oracle.watch();
    let mut longest = Duration::ZERO;
    while rig.state.state == SafetyState::Teleop {
        let since = rig.now.since(begin).as_secs_f64();
        anyhow::ensure!(since < 25.0, "it drives with a round trip of 1,500 ms");
        let round_trip_ms = 50.0 + 1450.0 * (since / 20.0).min(1.0);
        let delay = Duration::from_secs_f64(round_trip_ms / 2000.0);
        rig.network.conditions(&BOTH_WAYS, &Conditions { delay, ..Conditions::default() });
        let second = seconds(rig.now);
        wobble(&mut rig, second);
        rig.tick();
        let allowed_mm_s = BLIND_MM / rig.oracle.named_age(rig.now).as_secs_f64();
        let faster = f64::from(rig.oracle.newest().speed_mm_s.abs()) > allowed_mm_s + 20.0;
        over = if faster { over + crate::rig::TICK } else { Duration::ZERO };
        longest = longest.max(over);
    }
    anyhow::ensure!(longest <= Duration::from_millis(200), "faster than allowed for {longest:?}");
    let at = rig.now.since(begin);
    rig.run(10.0);
    let stops = rig.oracle.events.iter().filter(|event| event.to == SafetyState::SafeStop).count();
    anyhow::ensure!(stops == 1 && rig.state.state == SafetyState::Halt, "{stops} stops, then {:?}", rig.state.state);
    Found::new(1, format!("stopped after {:.1} s; longest above the cap {} ms", at.as_secs_f64(), longest.as_millis()))
}

fn seconds(now: MonoTime) -> u32 {
    u32::try_from(now.0 / 1_000_000).unwrap_or(0)
}

/// Drives in circles for so long, and counts the stops; each must have met its limit.
fn circles(conditions: &Conditions, minutes: u32, seed: u64) -> anyhow::Result<(u32, Vec<Cause>)> {
    let mut rig = in_circles(Network::like(conditions, seed))?;
    let (mut stops, mut causes) = (0, Vec::new());
    rig.oracle.watch();
    for second in 0..minutes * 60 {
        wobble(&mut rig, second);
        rig.run(1.0);
        rig.oracle.ensure_none()?;
        if rig.state.state == SafetyState::Teleop {
            continue;
        }
        stops += 1;
        causes.extend(rig.state.causes.iter().copied());
        justified(&rig)?;
        rig.until(10.0, "the halt", |rig| rig.state.state == SafetyState::Halt)?;
        // The way back needs a link that is good for a while.
        rig.network.conditions(&BOTH_WAYS, &Conditions::default());
        rig.returns()?;
        rig.network.conditions(&BOTH_WAYS, conditions);
        rig.oracle.watch();
    }
    Ok((stops, causes))
}

/// A stop that nobody asked for has a reason in the truth: silence, or a picture that was old.
fn justified(rig: &Rig) -> anyhow::Result<()> {
    let (causes, (silent, age), link) = (&rig.state.causes, rig.left, &rig.profile.link);
    let reason = causes.contains(&Cause::CommandLost) && silent >= link.command_lost_after.span()
        || causes.contains(&Cause::PictureOld) && age >= link.picture_lost_after.span();
    anyhow::ensure!(reason, "stopped for {causes:?}, silent for {silent:?}, picture {age:?} old");
    Ok(())
}

pub(super) fn common_loss(effort: &Effort) -> anyhow::Result<Found> {
    let conditions = Conditions {
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(20),
        loss_permyriad: 200,
        ..Conditions::default()
    };
    let (stops, causes) = circles(&conditions, effort.minutes, 5)?;
    anyhow::ensure!(stops * 60 <= effort.minutes.max(60), "{stops} stops in {} minutes: {causes:?}", effort.minutes);
    Found::new(1, format!("{stops} stops in {} minutes", effort.minutes))
}

pub(super) fn bursts(effort: &Effort) -> anyhow::Result<Found> {
    let gilbert = Some(Gilbert { to_bad_permyriad: 860, to_good_permyriad: 2000 });
    let conditions =
        Conditions { delay: Duration::from_millis(20), jitter: Duration::from_millis(40), gilbert, ..Conditions::default() };
    let (stops, causes) = circles(&conditions, effort.minutes.min(10), 9)?;
    let of = |cause| causes.iter().filter(|each| **each == cause).count();
    let (silent, old, flapping) = (of(Cause::CommandLost), of(Cause::PictureOld), of(Cause::LinkFlapping));
    let minutes = effort.minutes.min(10);
    Found::new(1, format!("{stops} stops in {minutes} minutes: {silent} silent, {old} picture old, {flapping} flapping"))
}

pub(super) fn flapping(_effort: &Effort) -> anyhow::Result<Found> {
    let mut rig = in_circles(Network::new())?;
    rig.oracle.watch();
    let begin = rig.now;
    let mut tripped = None;
    for turn in 0..60_u32 {
        wobble(&mut rig, turn);
        rig.network.blackout(&BOTH_WAYS, true);
        rig.run(0.2);
        rig.network.blackout(&BOTH_WAYS, false);
        rig.run(0.3);
        if tripped.is_none() && rig.state.state != SafetyState::Teleop {
            tripped = Some((rig.now.since(begin), rig.state.causes.clone()));
        }
    }
    let (after, causes) = tripped.ok_or_else(|| anyhow::anyhow!("it never stopped"))?;
    anyhow::ensure!(causes.contains(&Cause::LinkFlapping), "stopped for {causes:?}");
    let stops = rig.oracle.events.iter().filter(|event| event.to == SafetyState::SafeStop).count();
    anyhow::ensure!(stops == 1, "{stops} stops");
    rig.stays(3.0)?;
    Found::new(1, format!("stopped after {:.1} s, once", after.as_secs_f64()))
}

pub(super) fn soak(effort: &Effort) -> anyhow::Result<Found> {
    let mut rig = in_circles(Network::new())?;
    let begin = rig.state.loop_age_ms;
    for second in 0..effort.minutes * 60 {
        wobble(&mut rig, second);
        rig.run(1.0);
        rig.oracle.ensure_none()?;
        anyhow::ensure!(rig.state.state == SafetyState::Teleop, "after {second} s: {:?}", rig.state.causes);
        rig.oracle.watch();
    }
    let end = rig.state.loop_age_ms;
    let drift = begin.unwrap_or(0).abs_diff(end.unwrap_or(u32::MAX));
    anyhow::ensure!(drift <= 40, "the age drifted from {begin:?} to {end:?} ms");
    Found::new(1, format!("{} minutes; age of the picture {} then {} ms", effort.minutes, begin.unwrap_or(0), end.unwrap_or(0)))
}
