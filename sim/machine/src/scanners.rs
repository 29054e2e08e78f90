//! The safety scanners of one machine: sweeps at their own pace, handed on when a real unit would know them.

use farhand_drive::{MachineScan, NO_RETURN, NO_WORD, Ranges, ScannerMount};
use farhand_profile::Profile;
use farhand_protocol::MonoTime;
use farhand_world::{BLIND, Part, Place, Random, ScanFault, ScanScene, Scanner, ScannerSetup, Sweep};
use std::collections::VecDeque;
use std::time::Duration;

/// All units of one machine.
#[derive(Debug, Clone)]
pub struct Scanners {
    units: Vec<Unit>,
    chance: Random,
}

#[derive(Debug, Clone)]
struct Unit {
    scanner: Scanner,
    number: u8,
    /// When it sweeps next.
    due: MonoTime,
    /// Sweeps that are taken and not known yet.
    waiting: VecDeque<MachineScan>,
    /// What it saw last before it froze.
    last: Option<Sweep>,
}

impl Scanners {
    /// Those of a profile: none, unless it says that they are fitted.
    #[must_use]
    pub fn of(profile: &Profile, seed: u64) -> Option<Self> {
        if !profile.scanner.fitted {
            return None;
        }
        let (geometry, load) = (&profile.geometry, &profile.load);
        let (behind_m, width_m) = (geometry.behind_m.value(), geometry.width_m.value());
        let front_m = load.fork_face_m.value().min(geometry.ahead_m.value());
        // The forks are below the plane of the scanners.
        let body = Part { from_m: -behind_m, to_m: front_m, width_m };
        let setups = ScannerSetup::diagonal_pair(front_m, behind_m, width_m, RESPONSE);
        let units = setups.into_iter().zip(0..profile.guard.scanners).map(|(setup, number)| Unit {
            scanner: Scanner::new(setup, &[body]),
            number,
            due: MonoTime(0),
            waiting: VecDeque::with_capacity(MOST_WAITING),
            last: None,
        });
        Some(Self { units: units.collect(), chance: Random::new(seed) })
    }

    /// Takes the sweeps that are due from a machine at `place`, as far as a fault lets them through.
    pub fn sweep(&mut self, now: MonoTime, place: &Place, scene: &ScanScene<'_>, fault: Option<ScanFault>) {
        let Self { units, chance } = self;
        let count = u32::try_from(units.len()).unwrap_or(1);
        for (unit, turn) in units.iter_mut().zip(0_u32..) {
            if now < unit.due || unit.waiting.len() >= MOST_WAITING {
                continue;
            }
            // The units sweep in turns, and a late one does not catch up.
            let cycle = unit.scanner.setup().cycle;
            let first = unit.due == MonoTime(0);
            unit.due = if first { now.after(cycle + cycle * turn / count) } else { unit.due.after(cycle).max(now) };
            let sweep = unit.scanner.sweep(now, place, scene, chance);
            let believed = unit.believed(sweep, fault);
            if let Some(scan) = believed.and_then(|sweep| unit.said(&sweep)) {
                unit.waiting.push_back(scan);
            }
        }
    }

    /// The next sweep that is known by now.
    pub fn known(&mut self, now: MonoTime) -> Option<MachineScan> {
        let known =
            |unit: &&mut Unit| unit.waiting.front().is_some_and(|scan| now >= scan.at.after(unit.scanner.setup().response));
        self.units.iter_mut().find(known).and_then(|unit| unit.waiting.pop_front())
    }
}

impl Unit {
    /// What the unit takes for its sweep.
    fn believed(&mut self, sweep: Sweep, fault: Option<ScanFault>) -> Option<Sweep> {
        match (fault, &self.last) {
            (Some(ScanFault::Frozen), Some(last)) => Some(last.taken_at(sweep.taken)),
            (Some(fault), _) => self.scanner.spoilt(sweep, fault),
            (None, _) => {
                self.last = Some(sweep.clone());
                Some(sweep)
            }
        }
    }

    fn said(&self, sweep: &Sweep) -> Option<MachineScan> {
        let setup = self.scanner.setup();
        let mount = &setup.mount;
        Some(MachineScan {
            scanner: self.number,
            at: sweep.taken,
            whole: sweep.whole,
            mount: ScannerMount {
                x_mm: thousandths(mount.x_m),
                y_mm: thousandths(mount.y_m),
                heading_urad: thousandths(mount.heading_rad * 1000.0),
            },
            step_urad: thousandths(setup.step_rad * 1000.0).unsigned_abs(),
            ranges: Ranges::of(sweep.ranges().iter().map(|range| millimetres(*range))).ok()?,
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
fn thousandths(value: f64) -> i32 {
    (value * 1000.0).round() as i32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a range within the reach of a scanner")]
fn millimetres(range_m: f32) -> u16 {
    if range_m <= BLIND {
        NO_WORD
    } else if range_m.is_finite() {
        ((range_m * 1000.0).round() as u16).clamp(1, NO_RETURN - 1)
    } else {
        NO_RETURN
    }
}

/// The faster half of what scanners need to be sure (safety.md 4.2: 70 to 120 ms).
const RESPONSE: Duration = Duration::from_millis(80);
/// Sweeps of a response time, with room.
const MOST_WAITING: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use farhand_world::{Ground, Solid, SolidKind};
    use std::path::Path;

    fn scanners(text: &str) -> Option<Scanners> {
        let text = format!("kind = \"counterbalance-truck\"\n{text}\n");
        let profile = farhand_settings::parse(&text, Path::new("p.toml")).expect("a good profile");
        Scanners::of(&profile, 1)
    }

    #[test]
    fn a_machine_without_scanners_says_nothing_of_them() {
        assert!(scanners("").is_none());
    }

    #[test]
    fn a_sweep_is_known_a_response_time_later_and_the_units_take_turns() {
        let mut scanners = scanners("[scanner]\nfitted = true").expect("fitted");
        let ground = Ground::new(Vec::new());
        let scene = ScanScene { ground: &ground, legs: &[], others: &[] };
        let start = MonoTime(5_000_000);
        let mut heard = Vec::new();
        for tick in 0..60 {
            let now = start.after(Duration::from_millis(5) * tick);
            scanners.sweep(now, &Place::default(), &scene, None);
            while let Some(scan) = scanners.known(now) {
                assert_eq!(scan.ranges.beams(), 706);
                heard.push((scan.scanner, now.since(scan.at).as_millis(), scan.at.since(start).as_millis()));
            }
        }
        assert!(heard.iter().all(|(_, age, _)| *age == 80), "{heard:?}");
        let taken = |unit| heard.iter().filter(|scan| scan.0 == unit).map(|scan| scan.2).collect::<Vec<_>>();
        assert_eq!(taken(0)[..4], [0, 30, 60, 90]);
        assert_eq!(taken(1)[..4], [0, 45, 75, 105]);
    }

    #[test]
    fn a_frozen_unit_shows_the_past_under_new_stamps_and_a_silent_one_shows_nothing() {
        let mut scanners = scanners("[scanner]\nfitted = true").expect("fitted");
        let wall = |x_m| Ground::new(vec![Solid::new((x_m, -5.0), (x_m + 1.0, 5.0), SolidKind::Rack)]);
        let mut now = MonoTime(5_000_000);
        let mut seen = |scanners: &mut Scanners, x_m, fault| {
            let (ground, mut nearest) = (wall(x_m), None);
            for _ in 0..40 {
                now = now.after(Duration::from_millis(10));
                scanners.sweep(now, &Place::default(), &ScanScene { ground: &ground, legs: &[], others: &[] }, fault);
                while let Some(scan) = scanners.known(now) {
                    let ranges = scan.ranges.iter().filter(|range| *range != NO_WORD && *range != NO_RETURN);
                    nearest = (scan.scanner == 0).then(|| ranges.min()).flatten().or(nearest);
                }
            }
            nearest.map(|range| f64::from(range) / 1000.0)
        };
        let near = |seen: Option<f64>, wanted: f64| seen.is_some_and(|seen| (seen - wanted).abs() < 0.3);
        assert!(near(seen(&mut scanners, 5.0, None), 4.6));
        assert!(near(seen(&mut scanners, 2.0, Some(ScanFault::Frozen)), 4.6), "what was there when it froze");
        assert!(near(seen(&mut scanners, 2.0, None), 1.6));
        seen(&mut scanners, 2.0, Some(ScanFault::Dropout));
        assert_eq!(seen(&mut scanners, 2.0, Some(ScanFault::Dropout)), None);
    }

    #[test]
    fn ranges_are_whole_millimetres_and_two_words() {
        assert_eq!([BLIND, 0.0004, 0.02, 39.9996, f32::INFINITY].map(millimetres), [NO_WORD, 1, 20, 40_000, NO_RETURN]);
    }
}
