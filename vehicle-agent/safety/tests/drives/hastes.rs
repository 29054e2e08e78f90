//! Short cuts that a person in a hurry takes.

use super::acts::{go_by_itself, leased, mend, send};
use super::truck::{AHEAD, Hands, NEUTRAL, OPEN, Stage};
use farhand_protocol::{Command, LatchId, SafetyState as S, StopRung};
use farhand_safety::{Input, Manoeuvre, Plan, Surroundings};

/// Short cuts that must lead nowhere.
#[derive(Debug, Clone, Copy)]
pub enum Haste {
    /// Acknowledges while the red button is still pressed.
    ButtonPressed,
    /// Acknowledges another latch.
    OtherLatch,
    /// Acknowledges, and then somebody presses Stop.
    StopAfterwards,
    /// Keeps the enable switch pressed through stop, acknowledgement and take-over.
    NeverLetsGo,
    /// Takes over with the enable switch pressed.
    PressedAtTakeOver,
    /// Drives on with a plan that reaches further although the gateway is away.
    FartherWithoutGateway,
    /// Presses the enable switch through.
    PressedThrough,
    /// Lets go while no picture is on the glass.
    LetsGoUnseen,
    /// Presses through and lets go while no picture is on the glass.
    PressedThroughUnseen,
    /// Says commands without any picture on the glass.
    WithoutPictures,
    /// A link that comes and goes.
    Flapping,
    /// A stop with a weak brake.
    WeakBrake,
    /// A guard whose stop never ends.
    LongStop,
    /// An autonomy beside its path.
    Stray,
    /// A wheel that hangs in a curve.
    StuckWheel,
    /// Forks that jump.
    Forks,
    /// An autonomy without a word.
    NoPlan,
    /// Somebody steps out close ahead.
    StepsOut,
    /// The guard finds nothing free.
    NoWayOut,
}

pub const HASTES: [Haste; 19] = [
    Haste::LetsGoUnseen,
    Haste::PressedThroughUnseen,
    Haste::ButtonPressed,
    Haste::OtherLatch,
    Haste::StopAfterwards,
    Haste::NeverLetsGo,
    Haste::PressedAtTakeOver,
    Haste::FartherWithoutGateway,
    Haste::PressedThrough,
    Haste::WithoutPictures,
    Haste::Flapping,
    Haste::WeakBrake,
    Haste::LongStop,
    Haste::Stray,
    Haste::StuckWheel,
    Haste::Forks,
    Haste::NoPlan,
    Haste::StepsOut,
    Haste::NoWayOut,
];

pub fn hurry(stage: &mut Stage, haste: Haste) {
    match haste {
        Haste::PressedThrough => {
            stage.hands.pressed_through = Some(true);
            stage.run_ms(40);
            stage.hands.pressed_through = None;
        }
        Haste::LetsGoUnseen | Haste::PressedThroughUnseen | Haste::WithoutPictures => unseen(stage, haste),
        Haste::Flapping => {
            // Each gap takes 75 ms net out of the bucket of one second.
            for _ in 0..16 {
                stage.commands_flow = false;
                stage.run_ms(200);
                stage.commands_flow = true;
                stage.run_ms(200);
            }
        }
        Haste::WeakBrake => {
            stage.brake_percent = 40;
            stage.take(Input::Stop);
            stage.run_ms(2500);
            stage.brake_percent = 100;
        }
        Haste::LongStop => {
            stage.manoeuvre = Some(Manoeuvre { id: 2, steering_mrad: 0, brake_mm_s2: 90, rung: StopRung::Manoeuvre });
            stage.commands_flow = false;
            stage.run_ms(8500);
            (stage.manoeuvre, stage.commands_flow) = (None, true);
        }
        Haste::StuckWheel => {
            stage.wheel_follows = false;
            stage.hands = Hands { enable: stage.hands.enable, speed_mm_s: 800, steering_mrad: 700, ..NEUTRAL };
            stage.run_ms(1500);
            stage.wheel_follows = true;
        }
        Haste::Forks => {
            stage.hands.lift_mm_s = 0;
            stage.run_ms(1000);
            stage.fork_um += 200_000;
            stage.run_ms(20);
        }
        Haste::StepsOut | Haste::NoWayOut => {
            let free_distance_mm = if matches!(haste, Haste::StepsOut) { 300 } else { 9000 };
            stage.seen = Some(Surroundings { free_distance_mm, way_out: matches!(haste, Haste::StepsOut), ..OPEN });
            stage.run_ms(30);
            stage.seen = Some(OPEN);
        }
        Haste::NoPlan => {
            go_by_itself(stage);
            stage.plan = None;
            stage.run_ms(300);
        }
        Haste::Stray => {
            go_by_itself(stage);
            stage.plan = Some(Plan { off_path_mm: 301, ..AHEAD });
            stage.run_ms(100);
        }
        Haste::FartherWithoutGateway => {
            go_by_itself(stage);
            if stage.state() == S::Auto {
                stage.gateway_connected = false;
                stage.plan = Some(Plan { base_left_mm: 9000, ..AHEAD });
                stage.run_ms(6000);
            }
        }
        Haste::PressedAtTakeOver => {
            if stage.state() == S::Parked {
                mend(stage);
                stage.hands = Hands { enable: true, ..NEUTRAL };
                stage.grant();
                stage.run_ms(2500);
                stage.hands.speed_mm_s = 900;
                stage.run_ms(300);
            }
        }
        Haste::ButtonPressed => {
            mend(stage);
            stage.emergency_stop = true;
            stage.run_ms(100);
            leased(stage);
            stage.acknowledge();
            stage.run_ms(2600);
            stage.emergency_stop = false;
        }
        Haste::OtherLatch | Haste::StopAfterwards | Haste::NeverLetsGo => hurry_back(stage, haste),
    }
}

/// What the hands do while no picture is on show.
fn unseen(stage: &mut Stage, haste: Haste) {
    let captures = std::mem::take(&mut stage.captures);
    stage.pictures_flow = false;
    if matches!(haste, Haste::WithoutPictures) {
        stage.run_ms(400);
    } else {
        stage.run_ms(40);
        stage.hands.enable = false;
        stage.hands.pressed_through = matches!(haste, Haste::PressedThroughUnseen).then_some(true);
        stage.run_ms(40);
        stage.hands.pressed_through = None;
    }
    (stage.captures, stage.pictures_flow) = (captures, true);
    if !matches!(haste, Haste::WithoutPictures) {
        stage.run_ms(100);
    }
}

/// Short cuts out of a latched stop.
fn hurry_back(stage: &mut Stage, haste: Haste) {
    if stage.state() == S::Teleop {
        stage.commands_flow = false;
    }
    if !stage.reaches(S::Halt, 4000) {
        return;
    }
    let held = stage.hands.clone();
    mend(stage);
    leased(stage);
    match haste {
        Haste::NeverLetsGo => {
            stage.hands = Hands { enable: true, speed_mm_s: 700, rearm: false, ..held };
            stage.run_ms(60);
            stage.hands.rearm = true;
            stage.reaches(S::Parked, 2700);
            stage.hands.speed_mm_s = 0;
            stage.grant();
            stage.run_ms(2500);
            stage.hands.speed_mm_s = 700;
            stage.run_ms(300);
        }
        Haste::OtherLatch => {
            stage.hands = NEUTRAL;
            for _ in 0..130 {
                stage.run_ms(20);
                let latch = stage.snapshot().latch.map(|latch| LatchId(latch.0.wrapping_add(1)));
                let command = Command { rearm_latch: latch, ..stage.command() };
                send(stage, command);
            }
        }
        _ => {
            stage.acknowledge();
            stage.run_ms(300);
            stage.take(Input::Stop);
            // The hand stays on the key: what it says names the new latch, and was there before.
            stage.run_ms(3000);
        }
    }
}
