//! What tests may break.

use std::str::FromStr;

/// One fault of one machine. Written `emergency_stop`, `place_lost`, `camera_frozen:NAME`, `camera_dead:NAME`, `camera_slow:NAME`,
/// `swap_cameras:A:B`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The red button is pressed.
    EmergencyStop,
    /// Localisation is lost: the machine reports no pose.
    PlaceLost,
    /// The camera repeats its last picture, stamp included.
    Frozen(String),
    /// The camera delivers nothing.
    Dead(String),
    /// The camera delivers two pictures a second.
    Slow(String),
    /// Two cameras deliver each other's pictures.
    Swap(String, String),
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split(':').collect();
        match words[..] {
            ["emergency_stop"] => Ok(Self::EmergencyStop),
            ["place_lost"] => Ok(Self::PlaceLost),
            ["camera_frozen", name] => Ok(Self::Frozen(name.to_owned())),
            ["camera_dead", name] => Ok(Self::Dead(name.to_owned())),
            ["camera_slow", name] => Ok(Self::Slow(name.to_owned())),
            ["swap_cameras", a, b] if a != b => Ok(Self::Swap(a.to_owned(), b.to_owned())),
            _ => Err(format!(
                "kind {text:?} is unknown; there are emergency_stop, place_lost, camera_frozen:NAME, \
                 camera_dead:NAME, camera_slow:NAME, swap_cameras:A:B"
            )),
        }
    }
}

impl Fault {
    /// The cameras it is about.
    pub(crate) fn cameras(&self) -> Vec<&str> {
        match self {
            Self::EmergencyStop | Self::PlaceLost => Vec::new(),
            Self::Frozen(name) | Self::Dead(name) | Self::Slow(name) => vec![name],
            Self::Swap(a, b) => vec![a, b],
        }
    }
}

/// What is wrong with one camera now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CameraFaults {
    pub frozen: bool,
    pub dead: bool,
    pub slow: bool,
    /// The camera whose picture it delivers instead of its own.
    pub shows: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_and_nonsense_is_refused_with_the_list() {
        assert_eq!("emergency_stop".parse(), Ok(Fault::EmergencyStop));
        assert_eq!("camera_frozen:front".parse(), Ok(Fault::Frozen("front".into())));
        assert_eq!("swap_cameras:left:right".parse(), Ok(Fault::Swap("left".into(), "right".into())));
        for bad in ["", "camera_frozen", "swap_cameras:left:left", "fire"] {
            assert!(bad.parse::<Fault>().expect_err("refused").contains("camera_dead:NAME"), "{bad}");
        }
    }
}
