//! The stop itself: the committed way, checked in every tick, and the ladder below it.

use crate::bench::Ask;
use crate::guard::Guard;
use crate::manoeuvre::{MANOEUVRES, Manoeuvre};
use crate::plan::{Cursor, Plan};
use crate::proposal::{Drive, Rung};
use crate::rank::{self, Outcomes};
use crate::rollout::{Bounds, Vehicle};
use crate::senses::Terms;
use crate::settings::Strictness;
use crate::situation::{Command, Situation, milli, to_milli};
use crate::sweep::{Harm, MOST_MARGIN};
use crate::track::Refusal;
use farhand_protocol::MonoTime;

/// Where a stop steers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Steer {
    /// Along the plan.
    Plan,
    /// With the wheel as it is found in the first tick.
    AsItIs,
    /// With the wheel at this angle.
    Wheel(f64),
    /// Back to the way the vehicle was on.
    Pursuit,
}

/// The stop that is being driven.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    plan: Plan,
    steer: Steer,
    rung: Rung,
    /// Share of the load-safe deceleration.
    share: f64,
    /// The brake is never loosened in a stop.
    brake: f64,
    reason: Option<Refusal>,
    committed: bool,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self {
            plan: Plan::new(),
            steer: Steer::AsItIs,
            rung: Rung::Frozen,
            share: 1.0,
            brake: 0.0,
            reason: None,
            committed: false,
        }
    }
}

impl Guard {
    /// The stop begins: commits the newest stop that was proved free. Without one, the wheel stays as it is.
    pub fn commit(&mut self) {
        let Self { stop, newest, .. } = self;
        stop.plan.copy_from(newest);
        (stop.reason, stop.brake, stop.committed) = (None, 0.0, true);
        (stop.rung, stop.steer, stop.share) = if newest.valid {
            (Rung::Committed, Steer::Plan, f64::from(newest.manoeuvre.decel_percent()) / 100.0)
        } else {
            (Rung::Frozen, Steer::AsItIs, 1.0)
        };
    }

    /// One tick of the stop; without [`Guard::commit`] before, it begins here.
    ///
    /// The present way is only checked. If it is no longer free, the next rung that is free is taken: the same way braking as
    /// hard as the load allows, the wheel as it is, another steering; if nothing is free, what hits least. The brake is never
    /// loosened.
    #[must_use]
    pub fn follow(&mut self, now: MonoTime, situation: &Situation<'_>) -> Drive {
        self.senses.take_in(now, situation);
        if !self.stop.committed {
            self.commit();
        }
        let Self { senses, stop, .. } = self;
        let vehicle = senses.vehicle(now, situation);
        if stop.steer == Steer::AsItIs {
            stop.steer = Steer::Wheel(vehicle.steering);
        }
        let safe = senses.model.decel(milli(situation.fork_mm));
        if situation.speed_mm_s.saturating_abs() <= STANDING_MM_S {
            stop.brake = safe;
            let standing = stop.drive(vehicle.steering);
            self.bench.track.begin(vehicle.pose);
            let free = self.free_along_stop(situation);
            return Drive { free_distance_mm: to_milli(free), ..standing };
        }
        if let Err(refusal) = senses.scene.known() {
            stop.brake = safe;
            stop.reason = Some(refusal);
            let unseen = stop.drive(stop.wheel(&self.senses, &vehicle, milli(situation.fork_mm)));
            return Drive { rung: Rung::Unseen, ..unseen };
        }
        let blocked = self.check(situation, &vehicle, self.stop.steer, self.stop.share, Strictness::KEEP).err();
        if let Some(refusal) = blocked {
            self.stop.reason = Some(refusal);
            self.step_down(now, situation, &vehicle);
        }
        let free = if self.stop.rung.is_free() { self.free_along_stop(situation) } else { 0.0 };
        let stop = &mut self.stop;
        stop.brake = (stop.share * safe).max(stop.brake.min(safe));
        Drive { free_distance_mm: to_milli(free), ..stop.drive(stop.wheel(&self.senses, &vehicle, milli(situation.fork_mm))) }
    }

    /// The wheel that leads back to the way the vehicle was on: for a stop without a choice.
    #[must_use]
    pub fn wheel_of_the_way(&mut self, now: MonoTime, situation: &Situation<'_>) -> i32 {
        self.senses.take_in(now, situation);
        let (senses, speed) = (&self.senses, milli(situation.speed_mm_s));
        to_milli(senses.way.pursue(&senses.model, &senses.scene.vehicle, speed, &mut 0))
    }

    /// Ok if braking with this steering from now on is free.
    fn check(
        &mut self,
        situation: &Situation<'_>,
        vehicle: &Vehicle,
        steer: Steer,
        share: f64,
        strictness: Strictness,
    ) -> Result<(), Refusal> {
        let Self { senses, bench, stop, .. } = self;
        let terms = Terms { strictness, creep: situation.creep || stop.plan.creep, lift_mm_s: 0, hold: 0.0 };
        let ask = senses.ask(situation, terms);
        let decel = (share * ask.safe_decel).max(stop.brake.min(ask.safe_decel));
        let demand = ask.demand.soft(ask.settings, decel < ask.safe_decel);
        let braked = match steer {
            Steer::Plan => bench.follow(&ask, vehicle, (decel, &demand), &stop.plan),
            Steer::AsItIs => bench.brake(&ask, vehicle, (decel, &demand), |_| vehicle.steering),
            Steer::Wheel(angle) => bench.brake(&ask, vehicle, (decel, &demand), |_| angle),
            Steer::Pursuit => bench.pursue(&ask, vehicle, (decel, &demand)),
        };
        braked.map_err(|blocked| blocked.refusal)
    }

    /// Finds the next rung.
    fn step_down(&mut self, now: MonoTime, situation: &Situation<'_>, vehicle: &Vehicle) {
        let steer = self.stop.steer;
        let in_full = self.stop.share >= 1.0;
        if !in_full && self.check(situation, vehicle, steer, 1.0, Strictness::KEEP).is_ok() {
            self.stop.share = 1.0;
            self.stop.rung = self.stop.rung.max(Rung::Harder);
            return;
        }
        self.stop.share = 1.0;
        let frozen = Steer::Wheel(vehicle.steering);
        if self.check(situation, vehicle, frozen, 1.0, Strictness::ACCEPT).is_ok() {
            (self.stop.steer, self.stop.rung) = (frozen, Rung::Frozen);
        } else if self.go_across(now, situation, vehicle) {
            (self.stop.steer, self.stop.rung) = (Steer::Plan, Rung::Across);
        } else {
            self.stop.steer = self.least_harm(situation, vehicle);
            self.stop.rung = Rung::LeastHarm;
        }
    }

    /// True if another stop of the library is free from here on at full braking; it becomes the plan.
    fn go_across(&mut self, _now: MonoTime, situation: &Situation<'_>, vehicle: &Vehicle) -> bool {
        let Self { senses, bench, stop, .. } = self;
        let creep = situation.creep || stop.plan.creep;
        let terms = Terms { strictness: Strictness::ACCEPT, creep, lift_mm_s: 0, hold: 0.0 };
        let ask = senses.ask(situation, terms);
        let Ok(laid) = bench.lay(&ask, vehicle, &Command::default(), 0.0) else { return false };
        let mut outcomes: Outcomes = [Err(Refusal::TooLong); MANOEUVRES];
        let full = Manoeuvre::all().zip(outcomes.iter_mut()).filter(|(manoeuvre, _)| manoeuvre.is_full());
        for (manoeuvre, outcome) in full {
            *outcome = bench.try_out(&ask, &laid, manoeuvre, (0.0, MOST_MARGIN));
        }
        rank::best(&outcomes).is_some_and(|manoeuvre| bench.keep(&ask, &laid, manoeuvre, &mut stop.plan).is_ok())
    }

    /// The steering that hits least at full braking, persons first. The present one stays unless another is clearly better.
    fn least_harm(&mut self, situation: &Situation<'_>, vehicle: &Vehicle) -> Steer {
        let Self { senses, bench, stop, .. } = self;
        let terms = Terms { strictness: Strictness::KEEP, creep: false, lift_mm_s: 0, hold: 0.0 };
        let mut ask = senses.ask(situation, terms);
        ask.bounds = Bounds { lateral: f64::INFINITY, longest_m: f64::INFINITY, longest_s: f64::INFINITY };
        let sharpest = ask.model.sharpest();
        let curve = |manoeuvre: Manoeuvre| manoeuvre.steering().curvature(sharpest);
        let library = Manoeuvre::all().filter(|manoeuvre| manoeuvre.is_full()).map(|manoeuvre| match curve(manoeuvre) {
            Some(curvature) => Steer::Wheel(ask.model.steering(curvature)),
            None => Steer::Pursuit,
        });
        let mut best = (stop.steer, harm(bench, &ask, vehicle, stop, stop.steer));
        for steer in std::iter::once(Steer::Wheel(vehicle.steering)).chain(library) {
            let found = harm(bench, &ask, vehicle, stop, steer);
            if found.clearly_less_than(&best.1) {
                best = (steer, found);
            }
        }
        best.0
    }
}

/// What braking in full with this steering hits.
fn harm(bench: &mut crate::bench::Bench, ask: &Ask<'_>, vehicle: &Vehicle, stop: &Stop, steer: Steer) -> Harm {
    let braking = (ask.safe_decel, &ask.demand);
    // Whatever comes of it, the track is rolled out.
    let _ = match steer {
        Steer::Plan => bench.follow(ask, vehicle, braking, &stop.plan),
        Steer::AsItIs => bench.brake(ask, vehicle, braking, |_| vehicle.steering),
        Steer::Wheel(angle) => bench.brake(ask, vehicle, braking, |_| angle),
        Steer::Pursuit => bench.pursue(ask, vehicle, braking),
    };
    ask.sweep.harm(&bench.track)
}

impl Stop {
    /// The wheel of this tick.
    fn wheel(&self, senses: &crate::senses::Senses, vehicle: &Vehicle, fork: f64) -> f64 {
        match self.steer {
            Steer::Plan => {
                let mut cursor = Cursor::new(&self.plan, senses.scene.anchor);
                let limits = (vehicle.rolling.speed, senses.model.lateral(fork));
                cursor.steer(&senses.model, &self.plan, &vehicle.pose, limits)
            }
            Steer::AsItIs => vehicle.steering,
            Steer::Wheel(angle) => angle,
            Steer::Pursuit => senses.way.pursue(&senses.model, &vehicle.pose, vehicle.rolling.speed, &mut 0),
        }
    }

    fn drive(&self, wheel: f64) -> Drive {
        Drive {
            speed_mm_s: 0,
            brake_mm_s2: to_milli(self.brake).max(1),
            steering_mrad: to_milli(wheel),
            free_distance_mm: 0,
            rung: self.rung,
            reason: self.reason,
        }
    }
}

/// Odometry resolves 5 mm/s.
const STANDING_MM_S: i32 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::tests::{Point, Rig, STRAIGHT, STRAIGHT_HALF, aisle, told, wall};
    use crate::situation::PlacePoint;

    /// Curving to the left with three fifths of the sharpest curvature, braking in full.
    const LEFT: usize = 24;

    /// A stop of the library that was committed in the open.
    fn committed(speed_mm_s: i32, index: usize) -> Rig {
        let mut rig = Rig::new(speed_mm_s, 0);
        // The detection time is over: the stop begins at once.
        rig.heard_us -= 250_000;
        let _ = rig.prefer(index);
        rig.guard.commit();
        rig
    }

    #[test]
    fn a_committed_stop_brakes_with_its_share_and_keeps_to_its_way() {
        for (index, brake_mm_s2) in [(STRAIGHT, 1600), (STRAIGHT_HALF, 800), (STRAIGHT + 2, 240)] {
            let mut rig = committed(1000, index);
            let drive = rig.follow();
            assert!((7900..=8000).contains(&drive.free_distance_mm));
            let rung = Rung::Committed;
            assert_eq!(
                drive,
                Drive {
                    speed_mm_s: 0,
                    brake_mm_s2,
                    steering_mrad: 0,
                    free_distance_mm: drive.free_distance_mm,
                    rung,
                    reason: None
                }
            );
            // From 10 cm beside it the wheel leads back.
            rig.pose.y_um += 100_000;
            assert_eq!(rig.follow().steering_mrad, -278, "atan(0.1 / 0.49 * 1.4)");
        }
    }

    #[test]
    fn far_beside_its_way_the_wheel_leads_back_no_faster_than_the_load_allows() {
        // 1.6 m/s2 at the floor, 0.35 m/s2 with the forks at 3 m.
        for (fork_mm, bend) in [(0, 0.2 / 0.49), (3000, 0.35)] {
            let mut rig = committed(1000, STRAIGHT);
            rig.fork_mm = fork_mm;
            rig.pose.y_um += 200_000;
            let drive = rig.follow();
            assert_eq!((drive.rung, drive.steering_mrad), (Rung::Committed, -to_milli((bend * 1.4_f64).atan())));
            rig.now_us += 151_000;
            let unseen = rig.follow();
            assert_eq!((unseen.rung, unseen.steering_mrad), (Rung::Unseen, drive.steering_mrad));
        }
    }

    #[test]
    fn a_stop_begins_with_the_first_tick_and_with_what_was_proposed_then() {
        let mut rig = Rig::new(1000, 0);
        let _ = rig.prefer(STRAIGHT_HALF);
        assert_eq!(rig.follow().brake_mm_s2, 800);
        let _ = rig.prefer(STRAIGHT);
        assert_eq!(rig.follow().brake_mm_s2, 800, "it has begun");
        rig.guard.commit();
        assert_eq!(rig.follow().brake_mm_s2, 1600, "the newest is committed");
    }

    #[test]
    fn without_a_proposal_the_wheel_stays_as_it_is_found() {
        let mut rig = Rig::new(500, 200);
        for measured in [200, 150, 300] {
            rig.steering_mrad = measured;
            let drive = rig.follow();
            assert_eq!((drive.rung, drive.steering_mrad, drive.brake_mm_s2), (Rung::Frozen, 200, 1600));
        }
    }

    #[test]
    fn standing_the_brake_is_on_in_full() {
        for (speed, brake_mm_s2) in [(0, 1600), (10, 1600), (-10, 1600), (11, 800), (-11, 800)] {
            let mut rig = committed(0, STRAIGHT_HALF);
            rig.speed_mm_s = speed;
            let drive = rig.see(&[wall(6000), wall(-6300)], true).follow();
            assert_eq!((drive.brake_mm_s2, drive.rung, drive.reason), (brake_mm_s2, Rung::Committed, None), "{speed}");
            assert!((4281..=4380).contains(&drive.free_distance_mm), "{drive:?}");
        }
    }

    #[test]
    fn without_a_scan_it_brakes_in_full_along_its_way() {
        let mut rig = committed(1000, STRAIGHT_HALF);
        rig.now_us += 151_000;
        rig.pose.y_um += 100_000;
        let unseen = Drive {
            speed_mm_s: 0,
            brake_mm_s2: 1600,
            steering_mrad: -278,
            free_distance_mm: 0,
            rung: Rung::Unseen,
            reason: Some(Refusal::ScanUnknown),
        };
        assert_eq!(rig.follow(), unseen);
    }

    #[test]
    fn a_soft_stop_brakes_harder_where_that_is_needed_and_enough() {
        // From 1 m/s half of the brake needs 0.77 m, the whole 0.53 m; 7 cm are kept.
        let mut rig = committed(1000, STRAIGHT_HALF);
        let drive = rig.see(&[wall(2450)], true).follow();
        assert_eq!((drive.rung, drive.brake_mm_s2, drive.reason), (Rung::Committed, 800, None));
        let drive = rig.see(&[wall(2270)], true).follow();
        assert_eq!((drive.rung, drive.brake_mm_s2, drive.reason), (Rung::Harder, 1600, Some(Refusal::Obstacle)));
        assert!((500..=650).contains(&drive.free_distance_mm), "{drive:?}");
        let drive = rig.see(&[], true).follow();
        assert_eq!((drive.rung, drive.brake_mm_s2), (Rung::Harder, 1600), "the brake is never loosened");
        assert_eq!(drive.reason, Some(Refusal::Obstacle), "the newest reason stays");
        // A stop in full has no harder one, and is not taken for a soft one.
        let mut full = committed(1000, STRAIGHT);
        let drive = full.see(&[wall(2270)], true).follow();
        assert_eq!((drive.rung, drive.brake_mm_s2, drive.reason), (Rung::Committed, 1600, None));
    }

    #[test]
    fn beside_a_person_a_soft_stop_brakes_harder_and_a_full_one_goes_on() {
        let person = [((2000, 900), (2200, 900))];
        for (index, rung, reason) in [(STRAIGHT, Rung::Committed, None), (STRAIGHT_HALF, Rung::Harder, Some(Refusal::Person))] {
            let drive = committed(1000, index).see(&person, false).follow();
            assert_eq!((drive.rung, drive.brake_mm_s2, drive.reason), (rung, 1600, reason));
            let drive = committed(1000, index).see(&person, true).follow();
            assert_eq!((drive.rung, drive.reason), (Rung::Committed, None), "a thing does not come nearer");
        }
    }

    #[test]
    fn a_curve_that_is_blocked_is_left_for_the_wheel_as_it_is() {
        let beside: [(Point, Point); 1] = [((1800, 690), (2700, 690))];
        let mut rig = committed(1500, LEFT);
        assert_eq!(rig.follow().rung, Rung::Committed);
        let drive = rig.see(&beside, true).follow();
        assert_eq!((drive.rung, drive.steering_mrad, drive.brake_mm_s2), (Rung::Frozen, 0, 1600));
        assert_eq!(drive.reason, Some(Refusal::Obstacle));
        assert!(drive.free_distance_mm > 1000);
        rig.steering_mrad = 30;
        assert_eq!(rig.follow().steering_mrad, 0, "the wheel stays where it was found");
    }

    #[test]
    fn a_straight_way_that_is_blocked_is_left_for_another_steering() {
        // At the left edge of the way, where a stop from 1.5 m/s is about to end.
        let mut rig = committed(1500, STRAIGHT);
        let drive = rig.see(&[((2450, 590), (2500, 590))], true).follow();
        assert_eq!((drive.rung, drive.brake_mm_s2, drive.reason), (Rung::Across, 1600, Some(Refusal::Obstacle)));
        assert!(drive.free_distance_mm > 1000);
        assert!(rig.guard.stop.plan.manoeuvre.is_full() && rig.guard.stop.plan.manoeuvre.index() < STRAIGHT, "to the right");
    }

    #[test]
    fn where_nothing_is_free_it_brakes_in_full_and_nothing_is_proved() {
        for index in [STRAIGHT, STRAIGHT_HALF] {
            let drive = committed(1000, index).see(&[wall(1900)], true).follow();
            assert_eq!((drive.rung, drive.brake_mm_s2, drive.free_distance_mm), (Rung::LeastHarm, 1600, 0));
            assert_eq!(drive.reason, Some(Refusal::Obstacle));
        }
    }

    #[test]
    fn of_two_ways_to_hit_the_one_that_spares_the_person_is_taken() {
        let mut rig = committed(2000, STRAIGHT);
        // On the left of the way somebody, on the right of it a rack from beside the forks on.
        let drive = rig.see(&[((2600, 400), (2900, 400))], false).see_more(&[((2400, -650), (4500, -650))], true).follow();
        assert_eq!(drive.rung, Rung::LeastHarm);
        assert!(drive.steering_mrad < 0, "to the right: {drive:?}");
    }

    #[test]
    fn creep_holds_for_the_stop_whether_it_was_chosen_then_or_is_now() {
        for (then, now, room) in [(true, false, 25), (false, true, 25), (true, true, 25)] {
            let mut rig = Rig::new(200, 0);
            rig.creep = then;
            let _ = rig.consider();
            rig.guard.commit();
            rig.creep = now;
            let drive = rig.see(&aisle(room), true).follow();
            assert_eq!((drive.rung, drive.reason), (Rung::Committed, None), "{then} {now}");
        }
        let mut rig = Rig::new(200, 0);
        let _ = rig.consider();
        assert_ne!(rig.see(&aisle(25), true).follow().rung, Rung::Committed, "without creep there is too little room");
    }

    #[test]
    fn another_steering_may_use_the_clearance_of_creep() {
        // A wheel that answers fast, a weak brake for raised forks, and 45 mm beside the axle.
        let text = "[actuators]\nsteer_rate_radps = 3.0\nsteer_dead_time = \"0ms\"\n[load]\npocket_width_m = 0.0";
        let across = |then: bool, now: bool| {
            let mut rig = Rig::of(text, 300, 0);
            (rig.fork_mm, rig.creep) = (3000, then);
            let _ = rig.consider();
            rig.guard.commit();
            rig.creep = now;
            rig.see(&[((0, -595), (0, -595)), ((1690, 555), (1710, 555))], true).follow().rung
        };
        assert_eq!(across(true, false), Rung::Across, "chosen when the stop was proved");
        assert_eq!(across(false, true), Rung::Across, "chosen now");
        assert_eq!(across(false, false), Rung::LeastHarm, "without creep there is too little room");
    }

    #[test]
    fn the_wheel_of_the_way_leads_back_to_the_plan() {
        let mut rig = Rig::new(1000, 0);
        rig.way = (0..10).map(|step| PlacePoint { x_mm: 500 * step, y_mm: 400 }).collect();
        // The aim is the first point 1.3 m off: (1.5, 0.4).
        assert_eq!(rig.ask(Guard::wheel_of_the_way), to_milli((2.0 * 0.4 / 2.41 * 1.4_f64).atan()));
        rig.last = told(1000, 0);
        for point in &mut rig.way {
            point.y_mm = -400;
        }
        assert_eq!(rig.ask(Guard::wheel_of_the_way), -to_milli((2.0 * 0.4 / 2.41 * 1.4_f64).atan()));
    }
}
