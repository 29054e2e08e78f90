//! Colours and what is painted on the sides of blocks.

use crate::font::Glyph;

/// Luma and chroma, limited range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour {
    pub y: u8,
    pub u: u8,
    pub v: u8,
}

impl Colour {
    /// From red, green and blue of 0 to 255 (BT.601).
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the sums stay within a byte")]
    pub(crate) const fn rgb(red: i32, green: i32, blue: i32) -> Self {
        let y = 16 + (66 * red + 129 * green + 25 * blue + 128) / 256;
        let u = 128 + (-38 * red - 74 * green + 112 * blue + 128) / 256;
        let v = 128 + (112 * red - 94 * green - 18 * blue + 128) / 256;
        Self { y: y as u8, u: u as u8, v: v as u8 }
    }

    /// Brighter or darker: light of 256 leaves it as it is.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    pub(crate) fn lit(self, light: i32) -> u32 {
        let scale = |value: u8, zero: i32| (zero + (((i32::from(value) - zero) * light) >> 8)).clamp(16, 240) as u32;
        scale(self.y, 16) | scale(self.u, 128) << 8 | scale(self.v, 128) << 16
    }
}

/// How the sides of a block look.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Paint {
    /// One colour.
    Plain(Colour),
    /// Cartons in layers.
    Cartons(Colour),
    /// Slats across, for doors.
    Slats(Colour),
    /// Yellow and black.
    Hazard,
    /// A character on a ground.
    Sign { glyph: Glyph, ink: Colour, ground: Colour },
}

impl Paint {
    /// The colour seen from far away and from above.
    pub(crate) fn mean(self) -> Colour {
        match self {
            Self::Plain(colour) | Self::Cartons(colour) | Self::Slats(colour) => colour,
            Self::Hazard => YELLOW,
            Self::Sign { ground, .. } => ground,
        }
    }
}

pub(crate) const YELLOW: Colour = Colour::rgb(240, 190, 20);
pub(crate) const BLACK: Colour = Colour::rgb(25, 25, 25);
pub(crate) const WHITE: Colour = Colour::rgb(235, 235, 230);
pub(crate) const ORANGE: Colour = Colour::rgb(235, 105, 20);
pub(crate) const BLUE: Colour = Colour::rgb(25, 70, 170);
pub(crate) const WOOD: Colour = Colour::rgb(150, 112, 70);
pub(crate) const RED: Colour = Colour::rgb(200, 40, 35);
pub(crate) const GREEN: Colour = Colour::rgb(40, 140, 70);
pub(crate) const PURPLE: Colour = Colour::rgb(130, 60, 150);
pub(crate) const TEAL: Colour = Colour::rgb(20, 130, 135);
pub(crate) const STEEL: Colour = Colour::rgb(95, 100, 108);
