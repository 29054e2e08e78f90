//! A command read in place: what the vehicle's gate reads, without taking any memory, whatever the bytes are.

use crate::cbor::Walk;
use crate::{BootId, CameraIndex, Command, GlassStamp, LatchId, LeaseEpoch, Limits, RtpStamp};

/// Most stamps of one command. A vehicle has at most 8 cameras; a command with more than 16 stamps is none.
pub const MAX_STAMPS: usize = 16;

/// A [`Command`] of fixed size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CommandView {
    /// As [`Command::v`].
    pub v: u16,
    /// As [`Command::boot_id`].
    pub boot_id: BootId,
    /// As [`Command::epoch`].
    pub epoch: LeaseEpoch,
    /// As [`Command::seq`].
    pub seq: u64,
    /// As [`Command::operator_us`].
    pub operator_us: u64,
    /// As [`Command::enable`].
    pub enable: bool,
    /// As [`Command::input_age_ms`].
    pub input_age_ms: u32,
    /// As [`Command::speed_mm_s`].
    pub speed_mm_s: i32,
    /// As [`Command::steering_mrad`].
    pub steering_mrad: i32,
    /// As [`Command::lift_mm_s`].
    pub lift_mm_s: i32,
    /// As [`Command::confirm`].
    pub confirm: bool,
    /// As [`Command::rearm_latch`].
    pub rearm_latch: Option<LatchId>,
    /// As [`Command::pressed_through`]; not said is false.
    pub pressed_through: bool,
    /// As [`Command::stamps`].
    pub stamps: Stamps,
}

/// The stamps of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamps {
    items: [GlassStamp; MAX_STAMPS],
    length: usize,
}

impl Stamps {
    /// The stamps; none if there are more than fit.
    pub fn new(stamps: impl IntoIterator<Item = GlassStamp>) -> Option<Self> {
        let mut all = Self::default();
        stamps.into_iter().try_for_each(|stamp| all.push(stamp))?;
        Some(all)
    }

    /// In the order of the message.
    #[must_use]
    pub fn as_slice(&self) -> &[GlassStamp] {
        self.items.get(..self.length).unwrap_or_default()
    }

    fn push(&mut self, stamp: GlassStamp) -> Option<()> {
        *self.items.get_mut(self.length)? = stamp;
        self.length += 1;
        Some(())
    }
}

impl CommandView {
    /// Reads a console's message that is a command, as `decode::<FromConsole>` reads it.
    ///
    /// None for everything else: other messages, malformed bytes, more than [`MAX_STAMPS`] stamps, and an empty byte string in
    /// the place of a list, which `decode` lets pass.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > Limits::CONSOLE.bytes {
            return None;
        }
        Walk::whole(bytes, Limits::CONSOLE.depth).ok()?;
        let mut walk = Walk::new(bytes, Limits::CONSOLE.depth);
        let only = entries(&mut walk)? == 1 && key(&mut walk)? == "command";
        if only { command(&mut walk) } else { None }
    }

    /// The view of a whole command; none if it has more stamps than fit.
    #[must_use]
    pub fn of(command: &Command) -> Option<Self> {
        Some(Self {
            v: command.v,
            boot_id: command.boot_id,
            epoch: command.epoch,
            seq: command.seq,
            operator_us: command.operator_us,
            enable: command.enable,
            input_age_ms: command.input_age_ms,
            speed_mm_s: command.speed_mm_s,
            steering_mrad: command.steering_mrad,
            lift_mm_s: command.lift_mm_s,
            confirm: command.confirm,
            rearm_latch: command.rearm_latch,
            pressed_through: command.pressed_through == Some(true),
            stamps: Stamps::new(command.stamps.iter().copied())?,
        })
    }
}

/// The fields that a command cannot do without.
const REQUIRED: [&str; 10] =
    ["v", "boot_id", "epoch", "seq", "operator_us", "enable", "input_age_ms", "speed_mm_s", "steering_mrad", "stamps"];

fn command(walk: &mut Walk<'_>) -> Option<CommandView> {
    let mut view = CommandView::default();
    let mut seen = 0;
    for _ in 0..entries(walk)? {
        let name = key(walk)?;
        seen += usize::from(REQUIRED.contains(&name));
        match name {
            "v" => view.v = unsigned(walk)?,
            "boot_id" => view.boot_id = BootId(unsigned(walk)?),
            "epoch" => view.epoch = LeaseEpoch(unsigned(walk)?),
            "seq" => view.seq = unsigned(walk)?,
            "operator_us" => view.operator_us = unsigned(walk)?,
            "enable" => view.enable = truth(walk)?,
            "input_age_ms" => view.input_age_ms = unsigned(walk)?,
            "speed_mm_s" => view.speed_mm_s = signed(walk)?,
            "steering_mrad" => view.steering_mrad = signed(walk)?,
            "lift_mm_s" => view.lift_mm_s = signed(walk)?,
            "confirm" => view.confirm = truth(walk)?,
            "rearm_latch" => view.rearm_latch = latch(walk)?,
            "pressed_through" => view.pressed_through = maybe_truth(walk)?,
            "stamps" => view.stamps = stamps(walk)?,
            _ => walk.item(0).ok()?,
        }
    }
    // The walk has refused every key that stands twice.
    (seen == REQUIRED.len()).then_some(view)
}

fn stamps(walk: &mut Walk<'_>) -> Option<Stamps> {
    let (4, length) = walk.head().ok()? else { return None };
    let mut stamps = Stamps::default();
    for _ in 0..length {
        stamps.push(stamp(walk)?)?;
    }
    Some(stamps)
}

fn stamp(walk: &mut Walk<'_>) -> Option<GlassStamp> {
    let (mut camera, mut rtp) = (None, None);
    for _ in 0..entries(walk)? {
        match key(walk)? {
            "camera" => camera = Some(CameraIndex(unsigned(walk)?)),
            "rtp" => rtp = Some(RtpStamp(unsigned(walk)?)),
            _ => walk.item(0).ok()?,
        }
    }
    Some(GlassStamp { camera: camera?, rtp: rtp? })
}

fn entries(walk: &mut Walk<'_>) -> Option<u64> {
    let (5, entries) = walk.head().ok()? else { return None };
    Some(entries)
}

fn key<'a>(walk: &mut Walk<'a>) -> Option<&'a str> {
    let (3, length) = walk.head().ok()? else { return None };
    walk.text(length).ok()
}

fn unsigned<T: TryFrom<u64>>(walk: &mut Walk<'_>) -> Option<T> {
    let (0, value) = walk.head().ok()? else { return None };
    T::try_from(value).ok()
}

fn signed(walk: &mut Walk<'_>) -> Option<i32> {
    match walk.head().ok()? {
        (0, value) => i32::try_from(value).ok(),
        // A negative number stands as -1 minus the argument.
        (1, value) => i32::try_from(-1 - i64::try_from(value).ok()?).ok(),
        _ => None,
    }
}

fn truth(walk: &mut Walk<'_>) -> Option<bool> {
    match walk.head().ok()? {
        (7, 20) => Some(false),
        (7, 21) => Some(true),
        _ => None,
    }
}

fn maybe_truth(walk: &mut Walk<'_>) -> Option<bool> {
    match walk.head().ok()? {
        (7, 20 | 22) => Some(false),
        (7, 21) => Some(true),
        _ => None,
    }
}

#[expect(clippy::option_option, reason = "the outer one is 'malformed', the inner one the field's own")]
fn latch(walk: &mut Walk<'_>) -> Option<Option<LatchId>> {
    match walk.head().ok()? {
        (0, value) => Some(Some(LatchId(u32::try_from(value).ok()?))),
        (7, 22) => Some(None),
        _ => None,
    }
}
