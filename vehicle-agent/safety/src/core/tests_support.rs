//! A plain truck and a plain command for the unit tests.

pub(crate) use crate::drives::plain::config;
use farhand_protocol::{BootId, CommandView, LeaseEpoch, WIRE_VERSION};

pub(crate) fn command() -> CommandView {
    CommandView { v: WIRE_VERSION, boot_id: BootId(7), epoch: LeaseEpoch(1), seq: 1, ..CommandView::default() }
}
