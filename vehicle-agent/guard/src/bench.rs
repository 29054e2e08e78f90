//! Where stops are tried out: rolls one out, sweeps it, says what it is worth.

use crate::geometry::Pose;
use crate::manoeuvre::{DECELS, Manoeuvre, SHARES};
use crate::model::Model;
use crate::motion::steps_in;
use crate::plan::{Cursor, Plan};
use crate::rollout::{Bounds, Profile, Roller, Vehicle};
use crate::settings::Settings;
use crate::situation::Command;
use crate::sweep::{Blocked, Demand, Sweep};
use crate::track::{Refusal, Track};
use crate::way::Way;

/// All that stays the same while one question is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) model: &'a Model,
    pub(crate) settings: &'a Settings,
    pub(crate) sweep: Sweep<'a>,
    pub(crate) way: &'a Way,
    pub(crate) bounds: Bounds,
    pub(crate) demand: Demand,
    /// Load-safe deceleration with the forks where they will be when the stop begins.
    pub(crate) safe_decel: f64,
    /// Load-safe sideways acceleration, likewise.
    pub(crate) safe_lateral: f64,
}

/// The beginning that all stops of one question share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Laid {
    pub(crate) start: Pose,
    steering_at_start: f64,
    /// After the last command, when the stop begins.
    held: Vehicle,
    held_steps: usize,
    /// After the shorter dead time.
    shared: Vehicle,
    /// Whether that is free for a soft stop; for a full one it is.
    soft: Result<(), Refusal>,
}

/// What a free stop is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Merit {
    /// Distance beyond the clearance.
    pub(crate) margin: f64,
    /// It ends in a zone to be kept clear.
    pub(crate) keep_clear: bool,
    /// Metres to the standstill.
    pub(crate) length: f64,
    /// How much the curvature has to change.
    pub(crate) bend: f64,
}

/// Room for roll-outs, used again and again.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    prefix: Track,
    pub(crate) track: Track,
    profiles: [Profile; DECELS],
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { prefix: Track::new(), track: Track::new(), profiles: [Profile::new(), Profile::new(), Profile::new()] }
    }

    /// Rolls out what all stops share: the command for `hold` seconds, then the shorter dead time.
    pub(crate) fn lay(&mut self, ask: &Ask<'_>, vehicle: &Vehicle, command: &Command, hold: f64) -> Result<Laid, Refusal> {
        self.prefix.begin(vehicle.pose);
        let mut roller = Roller::new(ask.model, ask.bounds, &mut self.prefix);
        let mut held = *vehicle;
        roller.hold(&mut held, command, steps_in(hold))?;
        let held_steps = self.prefix.len();
        let mut shared = held;
        Roller::new(ask.model, ask.bounds, &mut self.prefix).coast(&mut shared)?;
        ask.sweep.along(&self.prefix, &ask.demand).map_err(|blocked| blocked.refusal)?;
        let soft = ask.sweep.along(&self.prefix, &ask.demand.soft(ask.settings, true)).map_err(|blocked| blocked.refusal);
        for (profile, share) in self.profiles.iter_mut().zip(SHARES) {
            profile.brake(ask.model, ask.bounds, &shared, share * ask.safe_decel);
        }
        Ok(Laid { start: vehicle.pose, steering_at_start: vehicle.steering, held, held_steps, shared, soft })
    }

    /// Rolls one stop of the library out and sweeps it. `margins` are the least and the most that are worth measuring.
    pub(crate) fn try_out(
        &mut self,
        ask: &Ask<'_>,
        laid: &Laid,
        manoeuvre: Manoeuvre,
        margins: (f64, f64),
    ) -> Result<Merit, Refusal> {
        let soft = !manoeuvre.is_full();
        if soft {
            laid.soft?;
        }
        self.roll_out(ask, laid, manoeuvre)?;
        let demand = ask.demand.soft(ask.settings, soft);
        ask.sweep.along(&self.track, &demand).map_err(|blocked| blocked.refusal)?;
        let margin = if margins == NO_MARGIN { 0.0 } else { ask.sweep.margin(&self.track, &demand, margins) };
        let end = self.track.end();
        let curvature = ask.model.curvature(laid.held.steering);
        let target = manoeuvre.steering().curvature(ask.model.sharpest());
        Ok(Merit {
            margin,
            keep_clear: ask.sweep.in_keep_clear(&end),
            length: if self.track.len() == 0 { laid.shared.travelled } else { self.track.length() },
            bend: target.map_or(0.0, |target| (target - curvature).abs()),
        })
    }

    /// The track of a stop of the library, from where the shared beginning ends.
    fn roll_out(&mut self, ask: &Ask<'_>, laid: &Laid, manoeuvre: Manoeuvre) -> Result<(), Refusal> {
        if let Some(curvature) = manoeuvre.steering().curvature(ask.model.sharpest()) {
            self.track.begin(laid.shared.pose);
            let Some(profile) = self.profiles.get(manoeuvre.decel_index()) else { return Err(Refusal::TooLong) };
            return profile.steer(ask.model, ask.bounds, &laid.shared, ask.model.steering(curvature), &mut self.track);
        }
        self.track.begin(laid.held.pose);
        let share = SHARES.get(manoeuvre.decel_index()).copied().unwrap_or(1.0);
        let (mut vehicle, mut from) = (laid.held, 0);
        let law = |at: &Vehicle| ask.way.pursue(ask.model, &at.pose, at.rolling.speed, &mut from);
        Roller::new(ask.model, ask.bounds, &mut self.track).brake(&mut vehicle, share * ask.safe_decel, law)
    }

    /// Keeps a stop that was accepted: its track is rolled out once more.
    pub(crate) fn keep(&mut self, ask: &Ask<'_>, laid: &Laid, manoeuvre: Manoeuvre, plan: &mut Plan) -> Result<(), Refusal> {
        plan.valid = false;
        self.roll_out(ask, laid, manoeuvre)?;
        let shared = manoeuvre.steering().curvature(ask.model.sharpest()).is_some();
        plan.track.copy_from(&self.prefix);
        if !shared {
            plan.track.cut(laid.held_steps);
        }
        for step in self.track.steps() {
            plan.track.push(*step)?;
        }
        (plan.start, plan.steering_at_start) = (laid.start, laid.steering_at_start);
        (plan.anchor, plan.manoeuvre, plan.valid) = (ask.sweep.scene.anchor, manoeuvre, true);
        Ok(())
    }

    /// Rolls out braking at `decel` from now on while `law` steers, and sweeps it.
    pub(crate) fn brake(
        &mut self,
        ask: &Ask<'_>,
        vehicle: &Vehicle,
        (decel, demand): (f64, &Demand),
        law: impl FnMut(&Vehicle) -> f64,
    ) -> Result<(), Blocked> {
        self.track.begin(vehicle.pose);
        let mut vehicle = *vehicle;
        let rolled = Roller::new(ask.model, ask.bounds, &mut self.track).brake(&mut vehicle, decel, law);
        let swept = ask.sweep.along(&self.track, demand);
        swept.and(rolled.map_err(|refusal| Blocked { refusal, travelled: 0.0 }))
    }

    /// The same back to the way the vehicle was on.
    pub(crate) fn pursue(&mut self, ask: &Ask<'_>, vehicle: &Vehicle, braking: (f64, &Demand)) -> Result<(), Blocked> {
        let mut from = 0;
        self.brake(ask, vehicle, braking, |at| ask.way.pursue(ask.model, &at.pose, at.rolling.speed, &mut from))
    }

    /// The same along a plan.
    pub(crate) fn follow(
        &mut self,
        ask: &Ask<'_>,
        vehicle: &Vehicle,
        braking: (f64, &Demand),
        plan: &Plan,
    ) -> Result<(), Blocked> {
        let mut cursor = Cursor::new(plan, ask.sweep.scene.anchor);
        self.brake(ask, vehicle, braking, |at| cursor.steer(ask.model, plan, &at.pose, (at.rolling.speed, ask.safe_lateral)))
    }
}

/// For whom any free stop will do.
pub(crate) const NO_MARGIN: (f64, f64) = (0.0, 0.0);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;
    use crate::manoeuvre::MANOEUVRES;
    use crate::scene::tests_support::Floor;
    use crate::settings::Strictness;
    use crate::situation::tests_support::quiet;
    use crate::situation::{OdometryPose, PlacePoint, Situation};
    use crate::sweep::MOST_MARGIN;
    use farhand_protocol::MonoTime;

    /// A free floor and a vehicle with a wheelbase of 1.5 m, 1.1 m wide, from 1.85 m behind its axle to 1.55 m ahead, that does
    /// not slow down by rolling. Its brake takes 0.2 s and its wheel 0.1 s to answer.
    struct Site {
        floor: Floor,
        way: Way,
        bounds: Bounds,
    }

    impl Site {
        fn new() -> Self {
            let floor = Floor::of(
                "[geometry]\nwheelbase_m = 1.5\n[guard]\nrolling_decel_mps2 = 0.0\n[actuators]\nbrake_jerk_mps3 = 20.0\n\
                 steer_dead_time = \"100ms\"\nbrake_dead_time = \"200ms\"",
            );
            Self { floor, way: Way::new(), bounds: Bounds { lateral: 1.6, longest_m: 6.0, longest_s: 8.0 } }
        }

        fn with_thing(self, x: f64, y: f64) -> Self {
            Self { floor: self.floor.with_things(&[(x, y)]), ..self }
        }

        fn with_person(self, x: f64, y: f64) -> Self {
            Self { floor: self.floor.with_people(&[(x, y)]), ..self }
        }

        /// The way was planned along a lane this far to the left.
        fn with_lane(mut self, y_mm: i32) -> Self {
            let way = [0, 2000, 4000, 6000, 8000].map(|x_mm| PlacePoint { x_mm, y_mm });
            let situation = Situation { speed_mm_s: 1000, fork_mm: 0, asked_mm_s: 1000, way: &way, ..quiet() };
            self.way.lay(&self.floor.model, OdometryPose::default(), &Pose::ORIGIN, &situation, true);
            self
        }

        fn ask(&self) -> Ask<'_> {
            Ask {
                model: &self.floor.model,
                settings: &self.floor.settings,
                sweep: Sweep::new(&self.floor.model, &self.floor.scene, false),
                way: &self.way,
                bounds: self.bounds,
                demand: Demand::new(&self.floor.settings, Strictness::ACCEPT, false),
                safe_decel: 1.6,
                safe_lateral: f64::INFINITY,
            }
        }

        fn vehicle(&self, speed: f64, steering: f64) -> Vehicle {
            Vehicle::measured(&self.floor.model, &History::new(), MonoTime(0), (&Pose::ORIGIN, speed, steering))
        }

        /// Lays the beginning of all stops from 1 m/s: the command is held for half a second.
        fn lay(&self, bench: &mut Bench, steering_mrad: i32) -> Laid {
            let command = Command { speed_mm_s: 1000, accel_mm_s2: 1000, steering_mrad, ..Command::default() };
            let vehicle = self.vehicle(1.0, f64::from(steering_mrad) / 1000.0);
            bench.lay(&self.ask(), &vehicle, &command, 0.5).expect("the beginning is free")
        }

        /// What a stop from 1 m/s is worth.
        fn merit(&self, index: usize, steering_mrad: i32, margins: (f64, f64)) -> Result<Merit, Refusal> {
            let mut bench = Bench::new();
            let laid = self.lay(&mut bench, steering_mrad);
            bench.try_out(&self.ask(), &laid, stop(index), margins)
        }
    }

    fn stop(index: usize) -> Manoeuvre {
        assert!(index < MANOEUVRES);
        Manoeuvre::new(index).expect("one of the library")
    }

    fn near(one: f64, two: f64) -> bool {
        (one - two).abs() < 0.01
    }

    /// By number: straight ahead and the pursuit, each with 100 %, 50 % and 15 % of the deceleration.
    const STRAIGHT: usize = 15;
    const PURSUIT: usize = 33;
    /// Metres from 1 m/s at 1.6, 0.8 and 0.24 m/s2: half a second and the dead time of the brake before, `v2 / 2a`, and half of
    /// the time in which the brake builds up.
    const LENGTHS: [f64; DECELS] = [0.7 + 0.3125 + 0.04, 0.7 + 0.625 + 0.02, 0.7 + 2.083 + 0.006];
    const MARGINS: (f64, f64) = (0.0, MOST_MARGIN);

    #[test]
    fn a_stop_is_as_long_as_its_share_of_the_deceleration_makes_it() {
        for site in [Site::new(), Site::new().with_lane(0)] {
            for (decel, length) in LENGTHS.into_iter().enumerate() {
                for steering in [STRAIGHT, PURSUIT] {
                    let merit = site.merit(steering + decel, 0, NO_MARGIN).expect("nothing is in the way");
                    assert!(near(merit.length, length), "{merit:?} {length}");
                }
            }
        }
    }

    #[test]
    fn a_vehicle_that_stands_before_the_stop_begins_has_come_as_far_as_until_then() {
        let (site, mut bench) = (Site::new(), Bench::new());
        let brake = Command { brake_mm_s2: 1600, ..Command::default() };
        // From 0.3 m/s: 0.06 m in the dead time, 0.028 m at 1.6 m/s2 and 0.012 m while the brake builds up.
        let laid = bench.lay(&site.ask(), &site.vehicle(0.3, 0.0), &brake, 0.5).expect("nothing is in the way");
        for index in [STRAIGHT, PURSUIT] {
            let merit = bench.try_out(&site.ask(), &laid, stop(index), MARGINS).expect("nothing is in the way");
            assert!(bench.track.len() == 0 && near(merit.length, 0.1), "{merit:?}");
        }
    }

    #[test]
    fn the_margin_is_measured_only_where_it_is_worth_something() {
        let site = Site::new().with_thing(0.9, 0.8);
        let margin = |margins| site.merit(STRAIGHT, 0, margins).expect("free").margin;
        assert_eq!((margin(NO_MARGIN), margin((0.0, 0.1))), (0.0, 0.1));
        assert!((margin(MARGINS) - 0.15).abs() < 1e-9, "0.25 m beside the vehicle");
        assert_eq!(Site::new().merit(STRAIGHT, 0, MARGINS).expect("free").margin, 0.3);
    }

    #[test]
    fn a_stop_is_as_bent_as_the_curvature_has_to_change() {
        // The wheel at 0.3 rad is a curve of tan(0.3) / 1.5 m.
        let held = 0.3_f64.tan() / 1.5;
        let bend = |index, steering_mrad| Site::new().merit(index, steering_mrad, NO_MARGIN).expect("free").bend;
        for (index, target) in [(0, -0.9), (STRAIGHT, 0.0), (18, 0.18), (30, 0.9)] {
            for (steering_mrad, held) in [(300, held), (-300, -held)] {
                let change = f64::abs(target - held);
                assert!((bend(index, steering_mrad) - change).abs() < 1e-9, "{index} {steering_mrad}");
            }
        }
        assert_eq!(bend(PURSUIT, 300), 0.0, "the pursuit steers as it goes");
    }

    #[test]
    fn a_stop_that_ends_in_a_zone_says_so() {
        let mut site = Site::new();
        // From 2.5 m on: the front of a full stop comes to 2.6 m at 1.05 m of way.
        site.floor.scene.zones.push((Pose::new(3.5, 0.0, 0.0), 1.0, 0.5));
        assert!(site.merit(STRAIGHT, 0, NO_MARGIN).expect("free").keep_clear);
        site.floor.scene.zones[0].0.x = 3.7;
        assert!(!site.merit(STRAIGHT, 0, NO_MARGIN).expect("free").keep_clear);
    }

    #[test]
    fn people_may_come_nearer_while_the_vehicle_brakes_softly_and_only_then() {
        // 0.6 m beside the vehicle: within 0.4 s somebody comes 0.64 m nearer.
        for person in [(1.0, 1.15), (1.0, -1.15)] {
            let site = Site::new().with_person(person.0, person.1);
            for (index, outcome) in
                [(STRAIGHT, Ok(())), (STRAIGHT + 1, Err(Refusal::Person)), (STRAIGHT + 2, Err(Refusal::Person))]
            {
                assert_eq!(site.merit(index, 0, NO_MARGIN).map(|_| ()), outcome, "{index}");
            }
        }
        // 1.7 m beside where the vehicle stops: nobody gets there before a stop begins.
        let site = Site::new().with_person(1.3, 2.25);
        assert!(site.merit(STRAIGHT, 0, NO_MARGIN).is_ok() && site.merit(PURSUIT, 0, NO_MARGIN).is_ok());
        assert_eq!(site.merit(STRAIGHT + 1, 0, NO_MARGIN).map(|_| ()), Err(Refusal::Person));
        assert_eq!(site.merit(PURSUIT + 1, 0, NO_MARGIN).map(|_| ()), Err(Refusal::Person));
    }

    #[test]
    fn what_is_in_the_way_of_the_beginning_is_in_the_way_of_all_stops() {
        let command = Command { speed_mm_s: 1000, accel_mm_s2: 1000, ..Command::default() };
        let laid = |site: &Site| Bench::new().lay(&site.ask(), &site.vehicle(1.0, 0.0), &command, 0.5).map(|_| ());
        // The front comes to 2.15 m while the wheel and the brake do not answer yet; 0.1 m are to be kept.
        assert_eq!(laid(&Site::new().with_thing(2.2, 0.0)), Err(Refusal::Obstacle));
        assert_eq!(laid(&Site::new().with_person(2.2, 0.0)), Err(Refusal::Person));
        let ahead = Site::new().with_thing(2.4, 0.0);
        assert_eq!(laid(&ahead), Ok(()));
        assert_eq!(ahead.merit(STRAIGHT, 0, NO_MARGIN).map(|_| ()), Err(Refusal::Obstacle), "a stop gets there");
        assert_eq!(ahead.merit(PURSUIT, 0, NO_MARGIN).map(|_| ()), Err(Refusal::Obstacle), "a stop gets there");
    }

    #[test]
    fn a_stop_that_is_kept_goes_on_without_a_gap_from_where_the_vehicle_is() {
        let site = Site::new().with_lane(1000);
        for (index, sign) in [(STRAIGHT, 0.0), (27, 1.0), (3, -1.0), (PURSUIT, 1.0)] {
            let (mut bench, mut plan) = (Bench::new(), Plan::new());
            let laid = site.lay(&mut bench, 0);
            bench.keep(&site.ask(), &laid, stop(index), &mut plan).expect("there is room");
            assert!(plan.valid && plan.manoeuvre == stop(index) && plan.start == Pose::ORIGIN);
            let mut travelled = 0.0;
            for step in plan.track.steps() {
                assert!((step.travelled - step.ds.abs() - travelled).abs() < 1e-9, "{index} {step:?}");
                travelled = step.travelled;
            }
            assert!(near(travelled, LENGTHS[0]), "{index} {travelled}");
            let end = plan.track.end();
            assert!(end.y * sign > 0.0 || (sign == 0.0 && end.y == 0.0), "{index} {end:?}");
        }
    }

    #[test]
    fn a_stop_that_is_too_long_is_not_kept_and_the_plan_is_void() {
        let (mut site, mut bench, mut plan) = (Site::new(), Bench::new(), Plan::new());
        site.bounds.longest_m = 1.0;
        plan.valid = true;
        let laid = site.lay(&mut bench, 0);
        for index in [STRAIGHT, PURSUIT] {
            assert_eq!(bench.keep(&site.ask(), &laid, stop(index), &mut plan), Err(Refusal::TooLong));
            assert_eq!(bench.try_out(&site.ask(), &laid, stop(index), NO_MARGIN).map(|_| ()), Err(Refusal::TooLong));
            assert!(!plan.valid);
        }
    }

    #[test]
    fn braking_from_now_on_is_rolled_out_and_swept_whoever_steers() {
        let (site, mut bench, mut plan) = (Site::new().with_lane(1000), Bench::new(), Plan::new());
        let laid = site.lay(&mut bench, 0);
        bench.keep(&site.ask(), &laid, stop(27), &mut plan).expect("there is room");
        let vehicle = site.vehicle(1.0, 0.0);
        // Half a second less than a stop of the library: nothing is held before.
        let length = LENGTHS[1] - 0.5;
        // At the end the front is at 2.4 m; the wheel, the way and the plan lead to the left of the middle.
        let blocking = Site::new().with_lane(1000).with_thing(2.3, 0.0);
        for (who, most) in [("a law", 1.0), ("the way", 1.0), ("a plan", 1.0)] {
            let run = |site: &Site, bench: &mut Bench| {
                let (ask, demand) = (site.ask(), site.ask().demand);
                match who {
                    "a law" => bench.brake(&ask, &vehicle, (0.8, &demand), |_| 0.3),
                    "the way" => bench.pursue(&ask, &vehicle, (0.8, &demand)),
                    _ => bench.follow(&ask, &vehicle, (0.8, &demand), &plan),
                }
            };
            assert!(run(&site, &mut bench).is_ok(), "{who}");
            let end = bench.track.end();
            assert!(near(bench.track.length(), length) && end.y > 0.0 && end.y < most, "{who} {end:?}");
            let blocked = run(&blocking, &mut bench).expect_err("something is in the way");
            assert!(
                blocked.refusal == Refusal::Obstacle && blocked.travelled > 0.4 && blocked.travelled < 0.8,
                "{who} {blocked:?}"
            );
            let mut short = Site::new();
            short.bounds.longest_m = 0.5;
            let blocked = run(&short, &mut bench).expect_err("it is too long");
            assert_eq!((blocked.refusal, blocked.travelled), (Refusal::TooLong, 0.0), "{who}");
        }
    }
}
