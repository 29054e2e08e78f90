//! The language all parts of Farhand share: ids, units, clocks, messages, the media header, and their bytes.
//!
//! Nothing here decides, waits, or knows a socket. Bytes come in through [`decode`] and leave through [`encode`]; both
//! keep the limits of the wire (no floats, no duplicate keys, no trailing bytes, bounded depth and size).

mod cbor;
mod command_view;
mod ids;
mod media;
mod messages;
mod page_frame;
mod safety_words;
mod state;
mod time;
mod units;

pub use cbor::{DecodeError, EncodeError, Limits, decode, encode};
pub use command_view::{CommandView, MAX_STAMPS, Stamps};
pub use ids::{BootId, CameraIndex, IdError, LatchId, LeaseEpoch, MissionEpoch, OperatorName, VehicleId};
pub use media::{Codec, MAX_UNIT_BYTES, MEDIA_HEADER_BYTES, MediaError, MediaHeader};
pub use messages::{
    Arrived, CameraDemand, CameraEye, CameraSummary, Command, ConsoleLink, FromConsole, GatewayDatagram, GatewaySays, GlassStamp,
    Hello, KeyFrameWish, LeaseEnding, MediaDemand, Outline, Ping, Pong, SafetyEvent, StopOrder, StopRequest, ToConsole,
    VehicleDatagram, VehicleSays, WIRE_VERSION,
};
pub use page_frame::{PICTURE_HEAD_BYTES, PageFrame, PictureHead};
pub use safety_words::{Authority, CapTerm, Cause, Need, Protection, RejectReason, SafetyState, StopRung};
pub use state::{Corridor, Echo, LastStop, Pose, RejectCount, VehicleState};
pub use time::{MonoTime, RtpStamp};
pub use units::{Acceleration, Angle, Distance, Speed, UnitError};
