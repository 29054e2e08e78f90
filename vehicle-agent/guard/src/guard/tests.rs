use super::*;
use crate::model::tests_support::profile;
use crate::proposal::{Allowed, Drive, ScoreFault};
use crate::situation::tests_support::quiet;
use crate::situation::{KeepClear, OdometryPose, PlacePoint, Scan, ScanPoint};

/// A guard and all that it is told, with a truck that stands still or moves steadily.
pub(crate) struct Rig {
    pub(crate) guard: Guard,
    pub(crate) now_us: u64,
    pub(crate) heard_us: u64,
    pub(crate) scan_us: u64,
    pub(crate) pose: OdometryPose,
    pub(crate) speed_mm_s: i32,
    pub(crate) steering_mrad: i32,
    pub(crate) fork_mm: i32,
    pub(crate) creep: bool,
    pub(crate) last: Command,
    pub(crate) way: Vec<PlacePoint>,
    pub(crate) keep_clear: Vec<KeepClear>,
    points: Vec<ScanPoint>,
}

/// Thousandths: the truck reaches from 1850 behind its origin to 1550 ahead and 550 to both sides.
pub(crate) type Point = (i32, i32);

impl Rig {
    /// In the open, at a steady speed with the wheel at this angle.
    pub(crate) fn new(speed_mm_s: i32, steering_mrad: i32) -> Self {
        Self::of("", speed_mm_s, steering_mrad)
    }

    pub(crate) fn of(text: &str, speed_mm_s: i32, steering_mrad: i32) -> Self {
        let profile = profile(text);
        Self {
            guard: Guard::new(Model::from_profile(&profile), Settings::from_profile(&profile)),
            now_us: 10_000_000,
            heard_us: 10_000_000,
            scan_us: 10_000_000,
            pose: OdometryPose::default(),
            speed_mm_s,
            steering_mrad,
            fork_mm: 0,
            creep: false,
            last: told(speed_mm_s, steering_mrad),
            way: Vec::new(),
            keep_clear: Vec::new(),
            points: Vec::new(),
        }
    }

    /// Sees this from now on: straight walls from point to point, in the vehicle frame, on the map or not.
    pub(crate) fn see(&mut self, walls: &[(Point, Point)], mapped: bool) -> &mut Self {
        self.points.clear();
        self.see_more(walls, mapped)
    }

    pub(crate) fn see_more(&mut self, walls: &[(Point, Point)], mapped: bool) -> &mut Self {
        for &(from, to) in walls {
            let count = ((to.0 - from.0).abs().max((to.1 - from.1).abs()) / 20).max(1);
            let at = |step: i32| (from.0 + (to.0 - from.0) * step / count, from.1 + (to.1 - from.1) * step / count);
            self.points.extend((0..=count).map(at).map(|(x_mm, y_mm)| ScanPoint { x_mm, y_mm, mapped }));
        }
        self.pass(1)
    }

    /// Time passes; everything is heard and seen anew.
    pub(crate) fn pass(&mut self, us: u64) -> &mut Self {
        self.now_us += us;
        (self.heard_us, self.scan_us) = (self.now_us, self.now_us);
        self
    }

    pub(crate) fn ask<T>(&mut self, question: impl FnOnce(&mut Guard, MonoTime, &Situation<'_>) -> T) -> T {
        let scan = Scan { at: MonoTime(self.scan_us), pose: self.pose, whole: true, points: &self.points };
        let scans = [scan, Scan { points: &[], ..scan }];
        let situation = Situation {
            scans: &scans,
            pose: self.pose,
            speed_mm_s: self.speed_mm_s,
            steering_mrad: self.steering_mrad,
            fork_mm: self.fork_mm,
            last: self.last,
            last_at: MonoTime(self.now_us - 10_000),
            heard_at: MonoTime(self.heard_us),
            asked_mm_s: self.last.speed_mm_s,
            creep: self.creep,
            way: &self.way,
            keep_clear: &self.keep_clear,
            ..quiet()
        };
        question(&mut self.guard, MonoTime(self.now_us), &situation)
    }

    pub(crate) fn consider(&mut self) -> Proposal {
        self.ask(|guard, now, situation| guard.consider(now, situation, None))
    }

    /// With one manoeuvre far better than the others.
    pub(crate) fn prefer(&mut self, index: usize) -> Proposal {
        let mut values = [0.0; MANOEUVRES];
        values[index] = 50.0;
        let scores = Scores { at: MonoTime(self.now_us), values: &values };
        let proposal = self.ask(|guard, now, situation| guard.consider(now, situation, Some(&scores)));
        assert_eq!(proposal.manoeuvre.map(Manoeuvre::index), Some(index), "{:?}", proposal.choice);
        proposal
    }

    pub(crate) fn allow(&mut self, wanted: &Command) -> Allowed {
        self.ask(|guard, now, situation| guard.allow(now, situation, wanted))
    }

    pub(crate) fn follow(&mut self) -> Drive {
        self.ask(Guard::follow)
    }

    pub(crate) fn still_free(&mut self, held: Held) -> Option<(f64, f64)> {
        self.ask(|guard, now, situation| {
            guard.senses.take_in(now, situation);
            guard.still_free(now, situation, held)
        })
    }
}

pub(crate) fn told(speed_mm_s: i32, steering_mrad: i32) -> Command {
    Command { speed_mm_s, accel_mm_s2: 1000, steering_mrad, ..Command::default() }
}

/// Walls on both sides, this far from the sides of the truck.
pub(crate) fn aisle(room_mm: i32) -> [(Point, Point); 2] {
    [1, -1].map(|side| ((-6000, side * (550 + room_mm)), (8000, side * (550 + room_mm))))
}

/// A wall across the way.
pub(crate) fn wall(x_mm: i32) -> (Point, Point) {
    ((x_mm, -2000), (x_mm, 2000))
}

pub(crate) const STRAIGHT: usize = 15;
pub(crate) const STRAIGHT_HALF: usize = 16;
pub(crate) const PURSUIT: usize = 33;

#[test]
fn what_is_told_to_the_machine_is_noted() {
    let mut rig = Rig::new(0, 0);
    let brake = Command { brake_mm_s2: 1600, ..Command::default() };
    rig.guard.note(MonoTime(10_000_000), &brake);
    rig.guard.note(MonoTime(10_600_000), &brake);
    assert!((rig.guard.senses.history.decel() - 1.6).abs() < 1e-9, "the brake has built up");
}

#[test]
fn load_limits_fall_with_the_height_of_the_forks() {
    let guard = Rig::of("[limits]\nsafe_lateral_mps2 = 1.2", 0, 0).guard;
    assert_eq!(
        [0, 1500, 3000, 5000].map(|fork_mm| guard.load_limits(fork_mm)),
        [(1600, 1200), (975, 731), (350, 263), (350, 263)]
    );
}

#[test]
fn the_last_way_is_the_planned_one_or_the_one_thought_on() {
    let mut rig = Rig::new(1000, 0);
    rig.pose = OdometryPose { x_um: 1_000_000, ..OdometryPose::default() };
    let _ = rig.consider();
    let straight = [600, 1200, 1800, 2400, 3000, 3600].map(|x_mm| Corner { x_mm, y_mm: 0 });
    assert_eq!(rig.guard.last_way(), (straight, true));
    rig.way = (0..=8).map(|step| PlacePoint { x_mm: 1000 + 500 * step, y_mm: 400 }).collect();
    let _ = rig.consider();
    assert_eq!(rig.guard.last_way(), (straight.map(|corner| Corner { y_mm: 400, ..corner }), false));
}

#[test]
fn each_proposal_has_the_next_number_and_says_when_and_where_it_was_made() {
    let mut rig = Rig::new(1000, 0);
    rig.pose = OdometryPose { x_um: 7_000_000, y_um: -2_000_000, heading_urad: 400_000 };
    for id in 1..=3 {
        let proposal = rig.pass(40_000).consider();
        assert_eq!((proposal.at, proposal.corridor.at, proposal.corridor.id), (MonoTime(rig.now_us), MonoTime(rig.now_us), id));
        assert_eq!((proposal.corridor.pose, proposal.corridor.count), (rig.pose, 24));
        assert_eq!((proposal.choice, proposal.accepted.count()), (Choice::Ranked(ScoreFault::Missing), 36));
        assert_eq!(proposal.manoeuvre.map(Manoeuvre::decel_percent), Some(100), "the shortest");
    }
    // In the vehicle frame, around the truck and what it sweeps in about a metre.
    let corners: Vec<_> = rig.consider().corridor.corners().collect();
    let reach = |of: fn(&Corner) -> i32| (corners.iter().map(of).min(), corners.iter().map(of).max());
    assert_eq!(reach(|corner| corner.y_mm), (Some(-550), Some(550)));
    let (Some(behind), Some(ahead)) = reach(|corner| corner.x_mm) else { return };
    assert!(behind == -1850 && (2300..2500).contains(&ahead), "{behind} {ahead}");
}

#[test]
fn scores_choose_among_all_that_are_accepted() {
    let mut rig = Rig::new(1000, 0);
    for index in [0, STRAIGHT_HALF, PURSUIT] {
        let proposal = rig.prefer(index);
        assert_eq!((proposal.choice, proposal.accepted.count()), (Choice::Scored, 36));
        assert_eq!(rig.guard.newest.manoeuvre.index(), index);
    }
}

#[test]
fn what_was_shown_stays_once_the_link_is_silent_for_more_than_sixty_milliseconds() {
    let mut rig = Rig::new(1000, 0);
    // Somebody stands where a soft stop may not pass, but a full one may.
    rig.see(&[((2500, 900), (2600, 900))], false);
    rig.heard_us = rig.now_us - 60_001;
    assert_eq!(rig.consider().choice, Choice::Ranked(ScoreFault::Missing), "nothing was shown before");
    for (silent_us, choice) in [
        (60_000, Choice::Ranked(ScoreFault::Missing)),
        (0, Choice::Ranked(ScoreFault::Missing)),
        (60_001, Choice::Shown),
        (200_000, Choice::Shown),
    ] {
        rig.pass(10_000).heard_us -= silent_us;
        let before = rig.guard.newest.id;
        let proposal = rig.consider();
        assert_eq!(proposal.choice, choice, "silent for {silent_us}");
        assert_eq!(proposal.corridor.id == before, choice == Choice::Shown);
        assert!(!proposal.accepted.is_empty());
    }
    // Not free any more: another one is looked for.
    rig.see(&[((2000, 0), (2000, 100))], true).heard_us -= 100_000;
    assert_ne!(rig.consider().choice, Choice::Shown);
}

#[test]
fn where_nothing_is_accepted_the_stop_proved_before_is_kept_and_without_one_there_is_none() {
    // 8 cm to both sides: too little for a new stop, enough for one that was proved before.
    let mut rig = Rig::new(1000, 0);
    let nothing = rig.see(&aisle(80), true).consider();
    assert_eq!((nothing.choice, nothing.manoeuvre), (Choice::Nothing(Refusal::Obstacle), None));
    assert!(nothing.accepted.is_empty() && nothing.corridor.count == 0);
    // In the open the gate proves one.
    assert_eq!(rig.see(&[], true).allow(&told(1000, 0)).max_speed_mm_s, 2500);
    assert!(rig.guard.gated.valid && !rig.guard.newest.valid);
    rig.see(&aisle(80), true);
    for _ in 0..2 {
        let kept = rig.pass(10_000).consider();
        assert_eq!((kept.choice, kept.corridor.id, kept.corridor.count), (Choice::Kept(Refusal::Obstacle), 1, 24));
        assert_eq!(kept.manoeuvre, Some(rig.guard.gated.manoeuvre));
    }
    assert_eq!(rig.see(&[], true).consider().corridor.id, 2, "the next one has the next number");
    // At 6 cm even that one is gone, and so it is without a scan.
    assert_eq!(rig.see(&aisle(60), true).consider().choice, Choice::Nothing(Refusal::Obstacle));
    rig.see(&aisle(80), true).now_us += 151_000;
    assert_eq!(rig.consider().choice, Choice::Nothing(Refusal::ScanUnknown));
    assert_eq!(rig.still_free(Held::Newest), None);
}

#[test]
fn a_stop_proved_in_creep_is_kept_by_the_clearance_of_creep() {
    let mut rig = Rig::new(200, 0);
    (rig.creep, rig.last) = (true, told(200, 0));
    rig.see(&aisle(40), true);
    assert_eq!(rig.consider().choice, Choice::Ranked(ScoreFault::Missing));
    rig.creep = false;
    assert_eq!(rig.consider().choice, Choice::Kept(Refusal::Obstacle), "creep was chosen when it was proved");
    // One proved without creep is kept by it once creep is chosen.
    let mut rig = Rig::new(200, 0);
    assert_eq!(rig.consider().choice, Choice::Ranked(ScoreFault::Missing));
    rig.see(&aisle(25), true);
    assert_eq!(rig.still_free(Held::Newest), None);
    rig.creep = true;
    assert_eq!(rig.still_free(Held::Newest), Some((1.6, 0.0)));
}

#[test]
fn a_held_stop_brakes_with_its_own_share_and_steers_along_its_way() {
    let mut rig = Rig::new(1000, 0);
    assert_eq!(rig.still_free(Held::Newest), None, "nothing is held");
    for (index, decel) in [(STRAIGHT, 1.6), (STRAIGHT_HALF, 0.8), (STRAIGHT + 2, 0.24)] {
        let _ = rig.prefer(index);
        assert_eq!(rig.still_free(Held::Newest), Some((decel, 0.0)));
        assert_eq!(rig.still_free(Held::Gated), None);
    }
    let _ = rig.prefer(24);
    let (decel, steering) = rig.still_free(Held::Newest).expect("free");
    assert!((decel - 1.6).abs() < 1e-12 && steering >= 0.0, "{steering}");
    // From 10 cm beside it the wheel leads back.
    let _ = rig.prefer(STRAIGHT_HALF);
    rig.pose.y_um += 100_000;
    let (decel, steering) = rig.still_free(Held::Newest).expect("free");
    assert!((decel - 0.8).abs() < 1e-12 && (steering + (0.1_f64 / 0.49 * 1.4).atan()).abs() < 1e-6, "{steering}");
}

#[test]
fn beside_a_person_a_full_stop_is_kept_and_a_soft_one_is_not() {
    let person = [((2000, 900), (2200, 900))];
    for (index, free) in [(STRAIGHT, true), (STRAIGHT_HALF, false)] {
        let mut rig = Rig::new(1000, 0);
        let _ = rig.prefer(index);
        assert_eq!(rig.see(&person, false).still_free(Held::Newest).is_some(), free, "{index} beside a person");
        assert!(rig.see(&person, true).still_free(Held::Newest).is_some(), "{index} beside a thing");
    }
}
