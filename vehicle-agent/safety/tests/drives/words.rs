//! The projection by which the model checker compares cores: what decides the future changes its words, the rest does not.

use super::truck::{AHEAD, OPEN, Stage, watching};
use crate::cap::Governor;
use crate::handover::EnableSwitch;
use crate::pictures::Taken;
use crate::swapped::{Course, Side};
use crate::tracking::{Braking, Forks, Wheel};
use farhand_protocol::{BootId, CapTerm, Cause, LatchId, LeaseEpoch, MissionEpoch, MonoTime, SafetyState as S, StopRung};
use farhand_safety::{Bases, Config, Core, Drive, Manoeuvre, Persisted, Plan, Projection, Surroundings};
use std::time::Duration;

const SOFT: Manoeuvre = Manoeuvre { id: 1, steering_mrad: 10, brake_mm_s2: 700, rung: StopRung::Manoeuvre };

/// A core in which nothing is absent, and where its world is.
fn full() -> (Core, Bases) {
    let mut stage = Stage::driving_with(watching(), 800);
    stage.tick();
    let now = stage.now;
    let before = |millis: u64| MonoTime(now.0 - millis * 1000);
    let mut core = stage.core.clone();
    core.granted = Some(stage.epoch);
    core.store_again = Some(now.after(Duration::from_millis(400)));
    (core.auto.pending, core.auto.ready, core.auto.mission) =
        (Some(MissionEpoch(3)), Some(MissionEpoch(2)), Some(MissionEpoch(1)));
    core.auto.plan = Some(Plan { seq: 9, at: before(20), ..AHEAD });
    core.stop.manoeuvre = Some((before(10), SOFT));
    (core.stop.rung, core.stop.from_um, core.stop.begun) = (Some(StopRung::Path), Some(1000), before(100));
    core.tracking.wheel = Some(Wheel { slow_urad: 50, off_since: Some(before(30)) });
    core.tracking.braking = Some(Braking { demanded_mm_s2: 900, since: before(40), highest_um_s: 800_000 });
    core.tracking.forks = Some(Forks { told: before(700), marked: before(600), mark_mm: 3, older_mm: 4 });
    core.rearm.clear_since = Some(before(50));
    core.governor.better_since = Some(before(60));
    core.stillness.looks[0].suspect_since = Some(before(70));
    core.surroundings = Some(Surroundings {
        at: before(10),
        scan_at: before(20),
        occlusion_mm: Some(1),
        zone_limit_mm_s: Some(2),
        guard_wheel_mrad: Some(3),
        ..OPEN
    });
    let bases = Bases {
        now,
        seq: stage.seq,
        epoch: stage.epoch.0,
        mission: 3,
        plan_seq: 9,
        travelled_um: stage.travelled_um,
        frames: stage.frames,
        changes: stage.changes,
        named_within: Duration::from_millis(500),
    };
    (core, bases)
}

fn words(core: &Core, bases: &Bases) -> Projection {
    let mut to = Projection::default();
    core.project(bases, &mut to);
    to
}

type Change = fn(&mut Core);

/// Earlier by 7 ms.
fn earlier(at: &mut Option<MonoTime>) {
    *at = at.map(|at| MonoTime(at.0 - 7000));
}

const OF_THE_VEHICLE: [(&str, Change); 31] = [
    ("state", |core| core.state = S::Auto),
    ("causes", |core| core.causes = [Cause::RemoteStop].into_iter().collect()),
    ("machine heard", |core| earlier(&mut core.machine_heard)),
    ("place known", |core| earlier(&mut core.localised_at)),
    ("agent heard", |core| earlier(&mut core.agent_heard)),
    ("highest lease", |core| core.highest_epoch.0 += 1),
    ("granted lease", |core| core.granted = None),
    ("machine seen", |core| core.machine_seen = false),
    ("lease live", |core| core.lease_live = false),
    ("lease superseded", |core| core.lease_superseded = true),
    ("lease revoked", |core| core.lease_revoked = true),
    ("confirmed", |core| core.confirmed = !core.confirmed),
    ("confirmed before", |core| core.confirm_before = !core.confirm_before),
    ("confirmation risen", |core| core.confirm_risen = !core.confirm_risen),
    ("file failed", |core| core.store_failed = true),
    ("file again", |core| core.store_again = None),
    ("bucket", |core| core.bucket -= Duration::from_millis(1)),
    ("last tick", |core| earlier(&mut core.last_tick)),
    ("machine", |core| core.machine = None),
    ("speed", |core| core.machine.as_mut().expect("heard").speed_mm_s += 1),
    ("load", |core| core.machine.as_mut().expect("heard").loaded = false),
    ("way", |core| core.odometer.travelled_um += 1),
    ("ground", |core| core.ground.highest_um_s += 1),
    ("wheel", |core| core.tracking.wheel.as_mut().expect("followed").slow_urad += 1),
    ("brake", |core| core.tracking.braking.as_mut().expect("followed").highest_um_s += 1),
    ("forks", |core| core.tracking.forks.as_mut().expect("followed").older_mm += 1),
    ("no surroundings", |core| core.surroundings = None),
    ("free way", |core| core.surroundings.as_mut().expect("seen").free_distance_mm += 1),
    ("edge", |core| core.surroundings.as_mut().expect("seen").occlusion_mm = None),
    ("way out", |core| core.surroundings.as_mut().expect("seen").way_out = false),
    ("told", |core| core.told.lift_mm_s += 1),
];

const OF_THE_DRIVER: [(&str, Change); 31] = [
    ("highest mission", |core| core.auto.highest.0 += 3),
    ("pending mission", |core| core.auto.pending = None),
    ("mission over", |core| core.auto.over = true),
    ("gateway", |core| core.auto.gateway_connected = false),
    ("end of the base", |core| core.auto.base_end_um += 1),
    ("no plan", |core| core.auto.plan = None),
    ("plan", |core| core.auto.plan.as_mut().expect("planned").speed_mm_s += 1),
    ("plan's place", |core| core.auto.plan.as_mut().expect("planned").localised = false),
    ("last number", |core| core.gate.last_seq -= 1),
    ("picture unknown", |core| core.gate.picture_unknown = true),
    ("no command", |core| core.gate.newest = None),
    ("command", |core| core.gate.newest.as_mut().expect("heard").command.speed_mm_s += 1),
    ("enable", |core| core.gate.newest.as_mut().expect("heard").command.enable = false),
    ("picture required", |core| core.gate.newest.as_mut().expect("heard").picture_required = false),
    ("picture", |core| core.gate.newest.as_mut().expect("heard").picture = None),
    ("picture's place", |core| {
        core.gate.newest.as_mut().expect("heard").picture.as_mut().expect("seen").place.turned_urad += 1;
    }),
    ("content", |core| core.stillness.looks[1].changes += 1),
    ("content's place", |core| core.stillness.looks[1].changed.as_mut().expect("told").place.travelled_um -= 1),
    ("side", |core| core.sights.sights[1].towards = Some(Side::Left)),
    ("way of a side", |core| core.sights.sights[0].way_um += 1),
    ("course", |core| core.sights.course = core.sights.course.map(|course| Course { backwards: !course.backwards, ..course })),
    ("switch", |core| core.switch = EnableSwitch { ready: !core.switch.ready, ..core.switch }),
    ("hand", |core| core.switch.changed.as_mut().expect("pressed").1[0] += 1),
    ("acknowledged", |core| core.rearm.acknowledged = true),
    ("governor", |core| core.governor = Governor { link_um_s: core.governor.link_um_s - 1, ..core.governor }),
    ("cap", |core| core.cap.mm_s -= 1),
    ("solid cap", |core| core.cap.solid_mm_s -= 1),
    ("rung", |core| core.stop.rung = None),
    ("manoeuvre", |core| core.stop.manoeuvre.as_mut().expect("given").1.brake_mm_s2 += 1),
    ("stored lease", |core| core.handed_out.highest_epoch = LeaseEpoch(core.handed_out.highest_epoch.0 + 1)),
    ("stored latch", |core| core.handed_out.latch = LatchId(core.latch.0.wrapping_sub(1))),
];

#[test]
fn whatever_decides_changes_the_words() {
    let (core, bases) = full();
    let before = words(&core, &bases);
    for (what, change) in OF_THE_VEHICLE.into_iter().chain(OF_THE_DRIVER) {
        let mut changed = core.clone();
        change(&mut changed);
        assert_ne!(words(&changed, &bases), before, "{what}");
    }
}

#[test]
fn what_is_only_told_or_counted_does_not() {
    let (core, bases) = full();
    let before = words(&core, &bases);
    let told: [(&str, Change); 9] = [
        ("boot", |core| core.boot_id = BootId(99)),
        ("starts", |core| core.boot_count += 1),
        ("snapshots", |core| core.snapshots += 1),
        ("accepted", |core| core.gate.accepted += 1),
        ("refused", |core| core.gate.rejected[0] += 1),
        ("echo", |core| core.gate.echo = None),
        ("plans refused", |core| core.auto.refused += 1),
        ("term", |core| core.cap.term = CapTerm::Mast),
        ("last stop", |core| core.stop.last = None),
    ];
    for (what, change) in told {
        let mut changed = core.clone();
        change(&mut changed);
        assert_eq!(words(&changed, &bases), before, "{what}");
    }
    let counted = Core { latch: LatchId(41), ..core };
    assert_eq!(counted.newest_latch(), 41);
    assert!(counted.commands_accepted() > 100 && counted.commands_accepted() == counted.gate.accepted);
}

#[test]
fn only_pictures_that_may_still_be_named_are_told() {
    let (mut core, bases) = full();
    core.shrink_memory(60, 20);
    let before = words(&core, &bases);
    let with = |millis: u64| {
        let mut changed = core.clone();
        let since = |taken: &Taken| bases.now.since(taken.capture) > Duration::from_millis(millis);
        let ring = &mut changed.pictures.sent[0];
        let oldest = ring.items.iter_mut().filter(|taken| since(taken)).max_by_key(|taken| taken.capture);
        oldest.expect("sent").place.travelled_um += 5;
        words(&changed, &bases)
    };
    assert_ne!(with(460), before);
    assert_eq!(with(500), before);
    let mut moved = core.clone();
    let front = moved.pictures.sent[0].clone();
    moved.pictures.sent[0] = std::mem::replace(&mut moved.pictures.sent[2], front);
    assert_ne!(words(&moved, &bases), before, "whose picture it is matters");
}

#[test]
fn a_smaller_memory_keeps_the_newest_of_two_cameras() {
    let (core, _) = full();
    let mut small = core.clone();
    small.shrink_memory(5, 7);
    let sizes: Vec<usize> = small.pictures.sent.iter().map(|ring| ring.items.len()).collect();
    assert_eq!((sizes, small.pictures.odometry.items.len()), (vec![5, 5, 0, 0, 0, 0, 0, 0], 7));
    for camera in [0, 1] {
        let newest: Vec<Taken> = core.pictures.sent[camera].newest_first().take(5).collect();
        assert_eq!(small.pictures.sent[camera].newest_first().collect::<Vec<_>>(), newest);
    }
}

#[test]
fn when_a_state_was_entered_matters_where_a_limit_runs() {
    let (core, bases) = full();
    for (state, matters) in [
        (S::Boot, false),
        (S::Parked, false),
        (S::Handover, true),
        (S::Teleop, false),
        (S::Auto, true),
        (S::SafeStop, true),
        (S::Halt, false),
        (S::EStop, false),
    ] {
        let entered = |millis: u64| {
            let entered = MonoTime(bases.now.0 - millis * 1000);
            words(&Core { state, entered, ..core.clone() }, &bases)
        };
        assert_eq!(entered(100) != entered(200), matters, "{state:?}");
    }
}

#[test]
fn a_number_is_told_as_it_is_by_its_distance_or_by_its_order() {
    const NONE: i64 = i64::MIN;
    let mut to = Projection::default();
    to.number(3);
    to.numbers([4, 5]);
    to.maybe(Some(6));
    to.maybe(None::<i32>);
    to.behind(7, 10);
    to.behind(10, 7);
    to.maybe_behind(Some(7), 10);
    to.maybe_behind(None, 10);
    assert_eq!(std::mem::take(&mut to.0), [3, 4, 5, 6, NONE, 3, -3, 3, NONE]);
    for number in 7..=13 {
        to.order(number, 10);
        to.maybe_order(Some(number), 10);
    }
    to.maybe_order(None, 10);
    assert_eq!(std::mem::take(&mut to.0), [2, 2, 2, 2, 1, 1, 0, 0, -1, -1, -2, -2, -2, -2, NONE]);
    let now = MonoTime(10_000);
    for at in [9000, 8000, 7999, 7000, 11_000] {
        to.age(now, Some(MonoTime(at)), Duration::from_millis(2));
    }
    to.age(now, None, Duration::from_millis(2));
    to.span(Duration::from_millis(3));
    assert_eq!(to.0, [1000, 2000, 2001, 2001, 0, NONE, 3000]);
}

#[test]
fn inputs_are_told_by_what_they_say_and_not_by_when() {
    let (_, bases) = full();
    let config: Config = watching();
    let seen = |seen: Surroundings| told(|to| seen.project(&config, to));
    let at = MonoTime(5);
    assert_eq!(seen(Surroundings { at, scan_at: at, ..OPEN }), seen(OPEN));
    assert_ne!(seen(Surroundings { side_clearance_mm: 1, ..OPEN }), seen(OPEN));
    let drive = Drive { speed_mm_s: 1, accel_mm_s2: 2, brake_mm_s2: 3, steering_mrad: 4, lift_mm_s: 5, safe_stop: true };
    assert_eq!(told(|to| drive.project(to)).0, [1, 2, 3, 4, 5, 1]);
    let plan = |plan: Plan| told(|to| plan.project(&bases, to));
    assert_eq!(plan(Plan { at: MonoTime(bases.now.0 - 5000), seq: 8, ..AHEAD }), plan(Plan { at: bases.now, seq: 9, ..AHEAD }));
    assert_ne!(plan(Plan { off_path_mm: 1, ..AHEAD }), plan(AHEAD));
    let stored = |stored: Persisted| told(|to| stored.project(&bases, 5, to));
    assert_eq!(stored(Persisted { boot_count: 7, ..Persisted::default() }), stored(Persisted::default()));
    assert_ne!(stored(Persisted { lease_open: true, ..Persisted::default() }), stored(Persisted::default()));
}

fn told(tell: impl FnOnce(&mut Projection)) -> Projection {
    let mut to = Projection::default();
    tell(&mut to);
    to
}
