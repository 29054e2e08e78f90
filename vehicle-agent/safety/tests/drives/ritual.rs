//! What people do around a drive: wait, take over, drive, re-arm, release.

use super::truck::{AHEAD, NEUTRAL, Stage};
use farhand_protocol::{Cause, SafetyState};
use farhand_safety::{Config, Persisted, Surroundings};
use std::time::Duration;

impl Stage {
    pub fn run_ms(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            self.tick();
        }
    }

    /// Ticks until the state is reached; fails the test after twelve seconds.
    pub fn until(&mut self, state: SafetyState) -> u64 {
        let start = self.now;
        while self.state() != state {
            assert!(self.now.since(start) < Duration::from_secs(12), "waiting for {state:?} in {:?}", self.snapshot());
            self.tick();
        }
        self.now.since(start).as_millis().try_into().expect("small")
    }

    /// Ticks for so long, or until the state is reached; true if it was.
    pub fn reaches(&mut self, state: SafetyState, millis: u64) -> bool {
        for _ in 0..millis / 10 {
            if self.state() == state {
                return true;
            }
            self.tick();
        }
        self.state() == state
    }

    /// Takes the lease and arms.
    pub fn take_over(&mut self) {
        self.grant();
        self.until(SafetyState::Handover);
        self.arm();
        self.until(SafetyState::Teleop);
    }

    /// Neutral for a good while, then the enable switch.
    pub fn arm(&mut self) {
        self.hands = NEUTRAL;
        self.run_ms(2100);
        self.hands.enable = true;
    }

    /// Lets go and acknowledges.
    pub fn acknowledge(&mut self) {
        self.hands = NEUTRAL;
        self.run_ms(100);
        self.hands.rearm = true;
    }

    /// In teleop at this speed, steady, on a truck without scanners.
    pub fn driving(speed_mm_s: i32) -> Self {
        Self::driving_with(super::truck::config(), speed_mm_s)
    }

    pub fn driving_with(config: Config, speed_mm_s: i32) -> Self {
        let mut stage = Self::with(config, Some(Persisted::default()));
        stage.until(SafetyState::Parked);
        stage.take_over();
        stage.at_speed(speed_mm_s);
        stage
    }

    pub fn at_speed(&mut self, speed_mm_s: i32) {
        self.hands.speed_mm_s = speed_mm_s;
        self.run_ms(3000);
        assert_eq!(self.state(), SafetyState::Teleop, "{:?}", self.snapshot());
    }

    /// By itself at this speed, steady.
    pub fn by_itself(speed_mm_s: i32) -> Self {
        let mut stage = Self::with(super::truck::watching(), Some(Persisted::default()));
        stage.set_off(speed_mm_s);
        stage
    }

    pub fn set_off(&mut self, speed_mm_s: i32) {
        self.commands_flow = false;
        self.until(SafetyState::Parked);
        self.tick();
        self.plan = Some(farhand_safety::Plan { speed_mm_s, ..AHEAD });
        self.release();
        self.until(SafetyState::Auto);
        self.run_ms(3000);
        assert_eq!(self.state(), SafetyState::Auto, "{:?}", self.snapshot());
    }

    /// What the scanners see from now on.
    pub fn sees(&mut self, change: impl FnOnce(&mut Surroundings)) {
        change(self.seen.as_mut().expect("the scanners are heard"));
    }

    pub fn causes(&mut self) -> Vec<Cause> {
        self.snapshot().causes
    }
}
