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
        let margin = if margins != NO_MARGIN { ask.sweep.margin(&self.track, &demand, margins) } else { 0.0 };
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
        self.brake(ask, vehicle, braking, |at| cursor.steer(ask.model, plan, &at.pose, at.rolling.speed))
    }
}

/// For whom any free stop will do.
pub(crate) const NO_MARGIN: (f64, f64) = (0.0, 0.0);
