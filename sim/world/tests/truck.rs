//! Trucks and their cameras in invented time.

use farhand_protocol::{CameraIndex, MonoTime};
use farhand_world::{
    CameraView, Drive, Eye, MachineSetup, Place, Response, Scene, Shape, Site, Stamp, Watchdog, World, burn_stamp, read_stamp,
};
use proptest::prelude::*;
use std::time::Duration;

const GO: Drive = Drive { speed_mps: 1.5, accel_mps2: 1.0, brake_mps2: 0.0, steering_rad: 0.0, lift_mps: 0.0 };
const STAND: Drive = Drive { speed_mps: 0.0, accel_mps2: 1.0, brake_mps2: 1.6, steering_rad: 0.0, lift_mps: 0.0 };

#[test]
fn before_the_first_command_nothing_moves_and_standing_is_asked_first() {
    let mut run = Run::new();
    run.drive(GO, 1_000);
    assert_eq!((run.speed(), run.watchdog()), (0.0, Watchdog::Waiting));
    run.drive(STAND, 100);
    run.drive(GO, 3_000);
    assert!(run.speed() > 1.3 && run.place().x_m > 7.0, "{} m/s", run.speed());
}

#[test]
fn positive_steering_turns_left_going_forward_and_the_tail_follows() {
    let mut run = Run::moving();
    run.drive(Drive { steering_rad: 0.3, ..GO }, 2_000);
    assert!(run.place().heading_rad > 0.1 && run.place().y_m > 4.0);
}

#[test]
fn a_full_turn_has_the_radius_of_wheelbase_over_tangent() {
    let mut run = Run::new();
    run.drive(STAND, 100);
    let curve = Drive { speed_mps: 0.5, steering_rad: 1.0, ..GO };
    run.drive(Drive { speed_mps: 0.0, brake_mps2: 1.6, ..curve }, 2_000);
    run.drive(curve, 3_000);
    let (start, before) = (run.place().heading_rad, run.travelled());
    run.drive(curve, 2_000);
    let radius = (run.travelled() - before) / (run.place().heading_rad - start);
    assert!((radius - 1.4 / 1.0_f64.tan()).abs() < 0.01, "{radius} m");
}

#[test]
fn the_brake_bites_after_its_dead_time_and_builds_up_by_its_jerk() {
    let mut run = Run::moving();
    let before = run.speed();
    run.drive(STAND, 140);
    let coasting = before - run.speed();
    assert!((0.02..0.05).contains(&coasting), "only rolling resistance in the dead time: {coasting} m/s");
    run.drive(STAND, 300);
    let speed = run.speed();
    run.drive(STAND, 100);
    assert!(((speed - run.speed()) - 0.16).abs() < 0.005, "then 1.6 m/s2");
}

#[test]
fn steering_waits_its_dead_time_and_keeps_its_rate() {
    let mut run = Run::moving();
    let left = Drive { steering_rad: 1.0, speed_mps: 0.3, ..GO };
    run.drive(left, 90);
    assert_eq!(run.steering(), 0.0);
    run.drive(left, 500);
    assert!((run.steering() - 0.4).abs() < 0.02, "{}", run.steering());
}

#[test]
fn silence_makes_the_machine_brake_until_it_stands_and_is_asked_to_stand() {
    let mut run = Run::moving();
    run.silence(190);
    assert_eq!(run.watchdog(), Watchdog::Fed);
    run.silence(10);
    assert_eq!(run.watchdog(), Watchdog::Tripped);
    run.drive(GO, 500);
    assert_eq!(run.watchdog(), Watchdog::Tripped, "a late command does not take the brake off");
    run.silence(3_000);
    assert_eq!(run.speed(), 0.0);
    run.drive(GO, 200);
    assert_eq!(run.speed(), 0.0);
    run.drive(STAND, 50);
    run.drive(GO, 2_000);
    assert!(run.speed() > 1.0);
}

#[test]
fn the_red_button_stops_and_holds() {
    let mut run = Run::moving();
    let now = run.now;
    run.world.set_emergency_stop(0, now, true);
    run.drive(GO, 3_000);
    assert_eq!(run.speed(), 0.0);
    run.drive(STAND, 100);
    run.drive(GO, 500);
    assert_eq!(run.speed(), 0.0, "while it is pressed nothing helps");
    let now = run.now;
    run.world.set_emergency_stop(0, now, false);
    run.drive(GO, 500);
    assert_eq!(run.speed(), 0.0, "releasing it starts nothing");
}

#[test]
fn a_rack_stops_the_truck_and_backing_off_frees_it() {
    let mut run = Run::at(Place { x_m: 11.0, y_m: 8.6, heading_rad: 0.0 });
    run.drive(STAND, 100);
    run.drive(GO, 6_000);
    let machine = &run.world.machines()[0];
    assert_eq!((machine.contacts, machine.touching.as_deref(), machine.truck.speed_mps() < 0.02), (1, Some("rack"), true));
    let at = run.place().x_m;
    run.drive(Drive { speed_mps: -0.5, ..GO }, 3_000);
    assert!(run.place().x_m < at - 0.3 && run.world.machines()[0].touching.is_none());
}

#[test]
fn trucks_stop_each_other() {
    let setups = vec![
        setup("a", Place { x_m: 6.0, y_m: 4.0, heading_rad: 0.0 }),
        setup("b", Place { x_m: 12.0, y_m: 4.0, heading_rad: 0.0 }),
    ];
    let mut run = Run { world: World::new(site(), setups).expect("free"), now: MonoTime(1_000_000) };
    run.drive(STAND, 100);
    run.drive(GO, 6_000);
    assert_eq!(run.world.machines()[0].touching.as_deref(), Some("b"));
    assert!(World::new(site(), vec![setup("a", Place::default())]).is_err(), "and nobody starts in a wall");
}

#[test]
fn the_believed_place_is_a_little_wrong_and_stays_near() {
    let mut run = Run::moving();
    run.drive(GO, 10_000);
    let believed = run.world.measured(0).expect("there").believed;
    let error = (believed.x_m - run.place().x_m).hypot(believed.y_m - run.place().y_m);
    assert!((0.001..0.15).contains(&error), "{error} m");
}

#[test]
fn equal_scenes_give_equal_pictures_with_a_readable_stamp() {
    let site = site();
    let world =
        World::new(Site::named("demo", 1).expect("known"), vec![setup("a", Place { x_m: 6.0, y_m: 4.0, heading_rad: 0.0 })]);
    let bodies: Vec<_> = world.expect("free").bodies().collect();
    let draw = || {
        let eye = Eye::mounted(&bodies[0].place, 0.3, 0.0, 2.1, 0.0);
        let mut picture = CameraView::new(640, 360, 1.57, 0.5).draw(&Scene { site: &site, bodies: &bodies, own: 0 }, &eye);
        burn_stamp(&mut picture, Stamp::new(MonoTime(5_000_000), CameraIndex(2)));
        picture
    };
    let picture = draw();
    assert!(picture == draw());
    let stamp = read_stamp(picture.luma(), 640, 360).expect("a stamp");
    assert_eq!((stamp.camera.0, stamp.age_at(MonoTime(5_020_000))), (2, Duration::from_millis(20)));
    assert!(picture.luma()[..344 * 640].iter().all(|&luma| luma >= 15), "every pixel is drawn");
    let shades: std::collections::BTreeSet<u8> = picture.luma()[..344 * 640].iter().copied().collect();
    assert!(shades.len() > 60, "and it is no flat grey");
}

proptest! {
    // Each case paints a whole floor.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_is_commanded_braking_never_turns_the_motion_round_and_silence_ends_it(
        commands in prop::collection::vec((-3.0..3.0_f64, -2.0..2.0_f64, prop::option::of(0.1..4.0_f64)), 1..12),
    ) {
        let mut run = Run::moving();
        for (speed_mps, steering_rad, brake) in commands {
            let drive = Drive { speed_mps, steering_rad, brake_mps2: brake.unwrap_or(0.0), ..GO };
            for _ in 0..40 {
                let before = run.speed();
                run.drive(drive, 10);
                if brake.is_some() {
                    prop_assert!(run.speed().abs() <= before.abs() && run.speed() * before >= 0.0);
                }
                prop_assert!(run.speed().abs() <= 2.5 + 1e-9 && run.steering().abs() <= 1.3 + 1e-9);
            }
        }
        run.silence(3_500);
        prop_assert_eq!(run.speed(), 0.0);
    }

    #[test]
    fn no_camera_anywhere_breaks_the_drawing(x in -5.0..70.0_f64, y in -5.0..50.0_f64, heading in -7.0..7.0_f64, z in 0.1..8.0_f64) {
        let eye = Eye { place: Place { x_m: x, y_m: y, heading_rad: heading }, z_m: z };
        let site = Site::named("demo", 3).expect("known");
        CameraView::new(64, 48, 2.0, 0.5).draw(&Scene { site: &site, bodies: &[], own: 0 }, &eye);
    }
}

struct Run {
    world: World,
    now: MonoTime,
}

impl Run {
    fn at(place: Place) -> Self {
        let mut world = World::new(site(), vec![setup("truck", place)]).expect("free");
        world.advance(MonoTime(1_000_000));
        Self { world, now: MonoTime(1_000_000) }
    }

    fn new() -> Self {
        Self::at(Place { x_m: 6.0, y_m: 4.0, heading_rad: 0.0 })
    }

    /// At 1.5 m/s, eastwards.
    fn moving() -> Self {
        let mut run = Self::new();
        run.drive(STAND, 100);
        run.drive(GO, 4_000);
        run
    }

    /// The same command every 10 ms.
    fn drive(&mut self, drive: Drive, millis: u64) {
        for _ in 0..millis.div_ceil(10) {
            self.world.command(0, self.now, drive);
            self.silence(millis.min(10));
        }
    }

    fn silence(&mut self, millis: u64) {
        self.now = self.now.after(Duration::from_millis(millis));
        let (end, mut at) = (self.now, MonoTime(self.now.0 - millis * 1000));
        while at < end {
            at = at.after(Duration::from_millis(500)).min(end);
            self.world.advance(at);
        }
    }

    fn speed(&self) -> f64 {
        self.world.machines()[0].truck.speed_mps()
    }

    fn steering(&self) -> f64 {
        self.world.machines()[0].truck.steering_rad()
    }

    fn place(&self) -> Place {
        self.world.machines()[0].truck.place()
    }

    fn travelled(&self) -> f64 {
        self.world.machines()[0].truck.travelled_m()
    }

    fn watchdog(&self) -> Watchdog {
        self.world.machines()[0].truck.watchdog()
    }
}

fn site() -> Site {
    Site::named("demo", 1).expect("known")
}

fn setup(name: &str, place: Place) -> MachineSetup {
    let shape = Shape { wheelbase_m: 1.4, behind_m: 1.85, ahead_m: 1.55, width_m: 1.1 };
    let response = Response {
        steer_dead_time: Duration::from_millis(100),
        steer_rate_radps: 0.8,
        max_steering_rad: 1.3,
        brake_dead_time: Duration::from_millis(150),
        brake_jerk_mps3: 8.0,
        traction_lag: Duration::from_millis(300),
        max_speed_mps: 2.5,
        max_accel_mps2: 1.0,
        max_lift_mps: 0.4,
        mast_height_m: 3.0,
        watchdog_after: Duration::from_millis(200),
        watchdog_decel_mps2: 1.6,
    };
    MachineSetup { name: name.to_owned(), shape, response, place }
}
