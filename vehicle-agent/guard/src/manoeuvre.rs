//! The library: 36 ways to stop, by number.

/// How many manoeuvres there are.
pub const MANOEUVRES: usize = STEERINGS * DECELS;
/// Steering options: 11 curvatures and the pursuit.
pub(crate) const STEERINGS: usize = 12;
/// Decelerations for each.
pub(crate) const DECELS: usize = 3;

/// Shares of the load-safe deceleration, hardest first, in the order of [`Manoeuvre::index`].
pub(crate) const SHARES: [f64; DECELS] = [1.0, 0.5, 0.15];
const PERCENT: [u8; DECELS] = [100, 50, 15];

/// The sharpest curvature of the library; a vehicle that cannot turn that sharply has its own.
pub(crate) const SHARPEST_PER_M: f64 = 0.9;
/// Constant curvatures go from `-MIDDLE` to `MIDDLE` steps.
const MIDDLE: i8 = 5;

const LIKELY_STEERINGS: [u8; STEERINGS] = [11, 5, 4, 6, 3, 7, 2, 8, 1, 9, 0, 10];

/// One manoeuvre of the library.
///
/// Its number is `steering * 3 + deceleration`. Steering 0 to 10 are constant curvatures from the sharpest to the right over
/// straight (5) to the sharpest to the left, 11 follows the path the vehicle was on. Deceleration 0, 1, 2 is 100 %, 50 %,
/// 15 % of the load-safe one. A policy scores the manoeuvres in this order; the numbers never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Manoeuvre(u8);

/// Where a manoeuvre steers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steering {
    /// A constant curvature, in fifths of the sharpest; positive turns left when going forward.
    Curve(i8),
    /// Along the path the vehicle was on.
    Pursuit,
}

impl Manoeuvre {
    /// Straight ahead, as hard as the load allows.
    pub(crate) const STRAIGHT: Self = Self(15);

    /// The manoeuvre with this number, if there is one.
    #[must_use]
    pub fn new(index: usize) -> Option<Self> {
        u8::try_from(index).ok().filter(|_| index < MANOEUVRES).map(Self)
    }

    /// All of them, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        (0_u8..).take(MANOEUVRES).map(Self)
    }

    /// All of them, those first that usually keep the largest margin: the pursuit, then from straight to sharp.
    pub(crate) fn likely_first() -> impl Iterator<Item = Self> {
        LIKELY_STEERINGS.into_iter().flat_map(|steering| (0..3).map(move |decel| Self(steering * 3 + decel)))
    }

    /// Its number, 0 to 35.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Where it steers.
    #[must_use]
    pub fn steering(self) -> Steering {
        match i8::try_from(self.steering_index()) {
            Ok(curve) if curve <= 2 * MIDDLE => Steering::Curve(curve - MIDDLE),
            _ => Steering::Pursuit,
        }
    }

    /// How hard it brakes, in per cent of the load-safe deceleration.
    #[must_use]
    pub fn decel_percent(self) -> u8 {
        PERCENT.get(self.decel_index()).copied().unwrap_or(100)
    }

    pub(crate) fn steering_index(self) -> usize {
        self.index() / DECELS
    }

    pub(crate) fn decel_index(self) -> usize {
        self.index() % DECELS
    }

    /// Braking as hard as the load allows.
    pub(crate) fn is_full(self) -> bool {
        self.decel_index() == 0
    }
}

impl Steering {
    /// Its curvature, for a vehicle whose sharpest of the library is `sharpest`; none for the pursuit.
    pub(crate) fn curvature(self, sharpest: f64) -> Option<f64> {
        match self {
            Self::Curve(fifths) => Some(sharpest * f64::from(fifths) / f64::from(MIDDLE)),
            Self::Pursuit => None,
        }
    }
}

/// Which of the 36 are proved free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AcceptedSet(u64);

impl AcceptedSet {
    /// None of them.
    pub const EMPTY: Self = Self(0);

    /// True if this one is in it.
    #[must_use]
    pub fn contains(self, manoeuvre: Manoeuvre) -> bool {
        self.0 & (1 << manoeuvre.0) != 0
    }

    /// How many are in it.
    #[must_use]
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// True if nothing is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The lowest 36 bits, one for each number.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0
    }

    pub(crate) fn insert(&mut self, manoeuvre: Manoeuvre) {
        self.0 |= 1 << manoeuvre.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_never_change() {
        let of = |index| Manoeuvre::new(index).expect("one of the library");
        assert_eq!((of(0).steering(), of(0).decel_percent()), (Steering::Curve(-5), 100));
        assert_eq!((of(2).steering(), of(2).decel_percent()), (Steering::Curve(-5), 15));
        assert_eq!((of(16).steering(), of(16).decel_percent()), (Steering::Curve(0), 50));
        assert_eq!((of(32).steering(), of(32).decel_percent()), (Steering::Curve(5), 15));
        assert_eq!((of(33).steering(), of(33).decel_percent()), (Steering::Pursuit, 100));
        assert_eq!((of(35).steering(), of(35).decel_percent()), (Steering::Pursuit, 15));
        assert_eq!(Manoeuvre::new(36), None);
        let mut likely: Vec<_> = Manoeuvre::likely_first().map(Manoeuvre::index).collect();
        likely.sort_unstable();
        assert_eq!(likely, (0..36).collect::<Vec<_>>(), "none is left out");
        assert_eq!(Manoeuvre::all().map(Manoeuvre::index).collect::<Vec<_>>(), (0..36).collect::<Vec<_>>());
    }

    #[test]
    fn every_number_is_a_steering_and_a_deceleration() {
        for (index, manoeuvre) in Manoeuvre::all().enumerate() {
            let (steering, decel) = (index / 3, index % 3);
            assert_eq!((manoeuvre.steering_index(), manoeuvre.decel_index()), (steering, decel));
            let curve = i8::try_from(steering).expect("up to 11") - 5;
            assert_eq!(manoeuvre.steering(), if steering == 11 { Steering::Pursuit } else { Steering::Curve(curve) });
            assert_eq!(manoeuvre.decel_percent(), [100, 50, 15][decel]);
            assert_eq!(manoeuvre.is_full(), decel == 0);
        }
        assert_eq!((MANOEUVRES, Manoeuvre::all().count()), (36, 36));
        assert_eq!((Manoeuvre::STRAIGHT.steering(), Manoeuvre::STRAIGHT.is_full()), (Steering::Curve(0), true));
        assert_eq!(Manoeuvre::new(256), None);
    }

    #[test]
    fn the_pursuit_comes_first_then_from_straight_to_sharp_each_hardest_first() {
        let likely: Vec<_> = Manoeuvre::likely_first().map(Manoeuvre::index).collect();
        assert_eq!(likely[..12], [33, 34, 35, 15, 16, 17, 12, 13, 14, 18, 19, 20]);
        assert_eq!(likely[30..], [0, 1, 2, 30, 31, 32]);
    }

    #[test]
    fn the_sharpest_curves_are_those_of_the_library_and_straight_is_straight() {
        assert_eq!(Steering::Curve(-5).curvature(0.9), Some(-0.9));
        assert_eq!(Steering::Curve(0).curvature(0.9), Some(0.0));
        assert_eq!(Steering::Pursuit.curvature(0.9), None);
        assert_eq!(Steering::Curve(2).curvature(0.75), Some(0.3), "two fifths");
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let mut set = AcceptedSet::EMPTY;
        let last = Manoeuvre::new(35).expect("the last");
        set.insert(last);
        assert!(set.contains(last) && !set.contains(Manoeuvre(0)) && !set.is_empty());
        assert_eq!((set.count(), set.bits()), (1, 1 << 35));
        set.insert(last);
        set.insert(Manoeuvre(0));
        set.insert(Manoeuvre(4));
        let inside: Vec<_> = Manoeuvre::all().filter(|manoeuvre| set.contains(*manoeuvre)).map(Manoeuvre::index).collect();
        assert_eq!(inside, [0, 4, 35]);
        assert_eq!((set.count(), set.bits()), (3, 0x8_0000_0011));
        assert!(AcceptedSet::EMPTY.is_empty() && AcceptedSet::EMPTY.count() == 0);
    }
}
