//! The words with which vehicle, gateway and page speak of safety. What they *do* is decided in `vehicle-agent/safety`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$word_doc])* $word),* }

        impl $name {
            /// Every word, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$word),*];
        }
    };
}

/// The eight states of the safety core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
pub enum SafetyState {
    /// Just started: brake on, checking itself.
    Boot,
    /// Standing, brake on, ready.
    Parked,
    /// Driving by itself.
    Auto,
    /// A person is about to take over; standing.
    Handover,
    /// A person drives.
    Teleop,
    /// Bringing itself to a stop.
    SafeStop,
    /// Stopped and latched: waits for a deliberate re-arm.
    Halt,
    /// Stopped by the machine's own emergency stop: waits for a reset on the truck.
    EStop,
}

impl SafetyState {
    /// Every state, in the order of declaration.
    pub const ALL: [Self; 8] =
        [Self::Boot, Self::Parked, Self::Auto, Self::Handover, Self::Teleop, Self::SafeStop, Self::Halt, Self::EStop];

    /// True where a stop is latched and only the re-arm rule leads out.
    #[must_use]
    pub fn latched(self) -> bool {
        matches!(self, Self::SafeStop | Self::Halt | Self::EStop)
    }
}

words!(
    /// Why a vehicle stops or stays stopped. A cause is cleared only by its own clear condition.
    Cause {
        /// No accepted command for longer than the limit.
        CommandLost,
        /// The pictures the operator acts on are too old.
        PictureOld,
        /// A command named a picture that this vehicle never sent, or named none.
        PictureUnknown,
        /// The link was bad too often in too short a time.
        LinkFlapping,
        /// The lease ended while the operator was driving.
        LeaseLost,
        /// The agent process is gone or silent.
        AgentLost,
        /// The machine (drive adapter) is gone or silent.
        MachineLost,
        /// The safety tick ran late.
        TickOverrun,
        /// A person pressed Stop, with or without a lease.
        RemoteStop,
        /// The enable switch was pressed through.
        EnablePanic,
        /// The machine's own emergency stop is active.
        EmergencyStop,
        /// The state file is missing or damaged.
        StateFileLost,
        /// The clock jumped (suspend).
        ClockJump,
        /// The guardian restarted while a stop was latched or the vehicle was in use.
        Restarted,
        /// The safety core met a state that cannot be.
        InternalFault,
        /// The safety scan is too old, or the guard has stopped judging it.
        ScanLost,
        /// Something is closer than the vehicle can stop.
        FieldBreach,
        /// The guard finds no stop that is free.
        NoWayOut,
        /// A required camera shows the same picture although the vehicle moves.
        PictureFrozen,
        /// The vehicle's own autonomy is silent.
        PlanLost,
        /// The vehicle drives by itself and does not know where it is.
        LocalisationLost,
        /// The vehicle drives by itself and has left its corridor.
        OffCorridor,
        /// The lease was taken away while the operator was driving.
        LeaseRevoked,
        /// The wheel does not follow its commands.
        SteeringFault,
        /// The vehicle does not slow as demanded.
        BrakeFault,
        /// The forks move although they must not.
        LiftFault,
        /// A stop took more than 8 s or 6 m.
        StopOverrun,
        /// The gateway is gone and the released path is at its end.
        GatewayLost,
        /// A required camera shows what another camera should see.
        PictureSwapped,
    }
);

words!(
    /// Who has authority over the actuators in this tick.
    Authority {
        /// Nobody: standing with the brake on.
        None,
        /// A person with a lease.
        Operator,
        /// The vehicle's own autonomy.
        Autonomy,
        /// Nobody: the vehicle is stopping itself.
        Stopping,
    }
);

words!(
    /// Which term of the speed cap binds.
    CapTerm {
        /// The state allows no motion.
        State,
        /// The vehicle's or site's own limit.
        Site,
        /// Blind distance: the older the picture, the slower.
        Blind,
        /// The blind distance was used up: full load-safe braking.
        BlindTrip,
        /// The command link is late: coasting.
        Late,
        /// Load and mast height.
        Mast,
        /// Load-safe speed on a curve.
        Curve,
        /// The cap is rising slowly after a limit.
        Rising,
        /// The zone of the site's map, or none known because the vehicle is lost.
        Zone,
        /// Free way ahead: the vehicle's own scanners must be able to stop it.
        Field,
        /// Free way ahead: a lost link must end in it.
        Link,
        /// Room at the sides while nobody steers.
        Drift,
        /// The guard: at more, no stop would be left that is free.
        Guard,
        /// The end of the released path.
        Base,
    }
);

words!(
    /// What the safety scanners do for the vehicle.
    Protection {
        /// It has none: nothing on board sees what is in its way.
        NoScanner,
        /// They are heard, and the way is watched.
        Watching,
        /// They are not heard.
        Lost,
        /// They see something closer than the vehicle can stop.
        Breached,
    }
);

impl Default for Protection {
    /// What a vehicle that does not say has.
    fn default() -> Self {
        Self::NoScanner
    }
}

words!(
    /// How much choice was left in a stop. Ordered: a stop only goes down this ladder.
    StopRung {
        /// A manoeuvre that the guard has proved free.
        Manoeuvre,
        /// Load-safe along the path the vehicle was on.
        Path,
        /// Load-safe with the steering held.
        Held,
        /// As hard as the machine can without tipping.
        Machine,
    }
);

words!(
    /// What the vehicle waits for before it moves (again).
    Need {
        /// Wait: causes are still active or the link has not been good for long enough.
        GoodLink,
        /// An operator must hold a current lease.
        Lease,
        /// An acknowledgement that names the latch.
        Acknowledge,
        /// The controls must be in neutral and the enable switch released.
        Neutral,
        /// Pictures of every camera needed for the take-over.
        Pictures,
        /// The operator confirms which vehicle this is.
        Confirm,
        /// The enable switch must be pressed.
        Enable,
        /// A reset on the truck itself.
        TruckReset,
        /// The safety scanners must be heard.
        Scanner,
    }
);

words!(
    /// Why a command had no effect.
    RejectReason {
        /// The bytes are no command (too long, trailing bytes, float, wrong shape).
        Malformed,
        /// A wire version this vehicle does not speak.
        Version,
        /// For another start of the vehicle.
        OtherBoot,
        /// From a lease that is over, or was never granted.
        OldEpoch,
        /// Not newer than the last one.
        OldSequence,
        /// No lease is alive.
        NoLease,
        /// A value beyond what this vehicle can do.
        OutOfRange,
        /// Names a picture this vehicle never sent, one from the future, or none of a required camera.
        PictureUnknown,
        /// The input behind it is too old.
        InputOld,
    }
);
