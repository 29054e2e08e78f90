//! A raw picture as cameras hand it out.

/// I420: the luma plane, then both chroma planes at half the width and height, without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl Picture {
    /// A black picture; odd sizes are rounded up to even ones.
    pub fn black(width: usize, height: usize) -> Self {
        let (width, height) = (width.next_multiple_of(2), height.next_multiple_of(2));
        let mut bytes = vec![128; width * height * 3 / 2];
        bytes[..width * height].fill(16);
        Self { width, height, bytes }
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The luma plane, row after row.
    pub fn luma(&self) -> &[u8] {
        &self.bytes[..self.width * self.height]
    }

    /// Luma and the two chroma planes (U, V).
    pub fn planes_mut(&mut self) -> (&mut [u8], &mut [u8], &mut [u8]) {
        let pixels = self.width * self.height;
        let (luma, chroma) = self.bytes.split_at_mut(pixels);
        let (u, v) = chroma.split_at_mut(pixels / 4);
        (luma, u, v)
    }

    /// All bytes, as a raw video source delivers them.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The picture as a binary PPM file, for people.
    pub fn to_ppm(&self) -> Vec<u8> {
        let pixels = self.width * self.height;
        let mut file = format!("P6\n{} {}\n255\n", self.width, self.height).into_bytes();
        for row in 0..self.height {
            for column in 0..self.width {
                let chroma = row / 2 * (self.width / 2) + column / 2;
                let y = f32::from(self.bytes[row * self.width + column]);
                let u = f32::from(self.bytes[pixels + chroma]);
                let v = f32::from(self.bytes[pixels + pixels / 4 + chroma]);
                file.extend(rgb(y, u, v));
            }
        }
        file
    }
}

/// BT.601, limited range.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn rgb(y: f32, u: f32, v: f32) -> [u8; 3] {
    let (y, u, v) = (1.164 * (y - 16.0), u - 128.0, v - 128.0);
    [y + 1.596 * v, y - 0.392 * u - 0.813 * v, y + 2.017 * u].map(|value| value.clamp(0.0, 255.0) as u8)
}
