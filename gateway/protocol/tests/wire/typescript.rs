//! The TypeScript face of the messages a page sends or reads.

use farhand_protocol::{
    Arrived, Authority, BootId, CameraEye, CameraIndex, CameraSummary, CapTerm, Cause, Command, ConsoleLink, Corridor, Echo,
    FromConsole, GlassStamp, KeyFrameWish, LastStop, LatchId, LeaseEnding, LeaseEpoch, MissionEpoch, MonoTime, Need,
    OperatorName, Outline, Ping, Pong, Pose, Protection, RejectCount, RejectReason, RtpStamp, SafetyState, StopRequest, StopRung,
    ToConsole, VehicleId, VehicleState, WIRE_VERSION,
};
use ts_rs::{Config, TS};

const HEAD: &str = "// Made by `cargo xtask generate` from gateway/protocol. Do not edit: change the Rust types.\n";

/// The whole file.
pub(crate) fn text() -> String {
    let config = Config::default();
    let mut text =
        format!("{HEAD}\n/** The version this build writes and reads. */\nexport const WIRE_VERSION = {WIRE_VERSION};\n");
    let mut add = |docs: Option<String>, declaration: String| {
        text.push('\n');
        text.push_str(&docs.unwrap_or_default());
        text.push_str("export ");
        text.push_str(&declaration);
        text.push('\n');
    };
    macro_rules! types {
        ($($name:ident),* $(,)?) => { $(add(<$name as TS>::docs(), <$name as TS>::decl(&config));)* };
    }
    types!(
        VehicleId,
        OperatorName,
        CameraIndex,
        BootId,
        LeaseEpoch,
        MissionEpoch,
        LatchId,
        MonoTime,
        RtpStamp,
        FromConsole,
        Command,
        GlassStamp,
        StopRequest,
        Ping,
        KeyFrameWish,
        Arrived,
        ToConsole,
        Pong,
        ConsoleLink,
        VehicleState,
        Pose,
        Echo,
        Corridor,
        CameraEye,
        Outline,
        LastStop,
        RejectCount,
        CameraSummary,
        LeaseEnding,
        SafetyState,
        Cause,
        Authority,
        CapTerm,
        Protection,
        StopRung,
        Need,
        RejectReason,
    );
    macro_rules! words {
        ($($name:ident => $constant:literal),* $(,)?) => {
            $(
                let all = serde_json::to_string_pretty(&<$name>::ALL[..]).expect("words are text");
                add(
                    Some(concat!("/** Every `", stringify!($name), "`, in the order of the Rust declaration. */\n").to_owned()),
                    format!("const {}: readonly {}[] = {all};", $constant, stringify!($name)),
                );
            )*
        };
    }
    words!(
        SafetyState => "SAFETY_STATES", Cause => "CAUSES", Authority => "AUTHORITIES",
        CapTerm => "CAP_TERMS", Protection => "PROTECTIONS", StopRung => "STOP_RUNGS", Need => "NEEDS", RejectReason => "REJECT_REASONS",
    );
    text
}
