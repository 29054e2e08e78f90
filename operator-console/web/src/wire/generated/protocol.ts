// Made by `cargo xtask generate` from gateway/protocol. Do not edit: change the Rust types.

/** The version this build writes and reads. */
export const WIRE_VERSION = 1;

/**
 * A vehicle, unique on its site; also the name in its certificate.
 */
export type VehicleId = string;

/**
 * A person's account name.
 */
export type OperatorName = string;

/**
 * A camera's place in its vehicle's profile, from 0.
 */
export type CameraIndex = number;

/**
 * Random number of one start of the guardian; a command for another boot is refused.
 */
export type BootId = number;

/**
 * Fencing token of a lease: rises with every grant and never falls, below 2^53. 0 means "no lease yet".
 */
export type LeaseEpoch = number;

/**
 * Fencing token of a mission: rises with every release by the fleet and never falls, below 2^53. 0 means "none yet".
 */
export type MissionEpoch = number;

/**
 * Number of one latched stop of a vehicle; an acknowledgement names the latch it clears.
 */
export type LatchId = number;

/**
 * Microseconds on one machine's monotonic clock. Two machines' times are never compared.
 */
export type MonoTime = number;

/**
 * A capture time as the browser sees it: the RTP timestamp on the 90 kHz video clock, wrapping at 2^32.
 */
export type RtpStamp = number;

/**
 * What a page sends on channel `now`.
 */
export type FromConsole = { "command": Command } | { "stop": StopRequest } | { "ping": Ping } | { "key_frame": KeyFrameWish } | { "arrived": Arrived };

/**
 * What an operator wants from the vehicle in this instant, at 50 Hz and at once on a change.
 */
export type Command = { 
/**
 * Wire version.
 */
v: number, 
/**
 * The start of the vehicle this is meant for.
 */
boot_id: BootId, 
/**
 * The lease under which it is given.
 */
epoch: LeaseEpoch, 
/**
 * Rises with each command of the lease, from 1.
 */
seq: number, 
/**
 * The operator's own clock, echoed back for the round trip; never a ground for a decision.
 */
operator_us: number, 
/**
 * The enable switch is held.
 */
enable: boolean, 
/**
 * Age of the input sample behind this command.
 */
input_age_ms: number, 
/**
 * Wanted speed; negative is backwards; 0 is neutral.
 */
speed_mm_s: number, 
/**
 * Wanted angle of the steered wheel, positive turns the vehicle left when it goes forward.
 */
steering_mrad: number, 
/**
 * Wanted fork speed, positive lifts.
 */
lift_mm_s: number, 
/**
 * The operator confirms that this is the vehicle she means to drive.
 */
confirm: boolean, 
/**
 * Acknowledges the latched stop with this number.
 */
rearm_latch: LatchId | null, 
/**
 * The enable switch is pressed through to its third position, by switches that have one: stop.
 */
pressed_through?: boolean, 
/**
 * The pictures on the glass when this was made, one for each camera on show.
 */
stamps: Array<GlassStamp>, };

/**
 * A picture that was really drawn.
 */
export type GlassStamp = { 
/**
 * The camera.
 */
camera: CameraIndex, 
/**
 * Its RTP timestamp, which is the vehicle's capture time.
 */
rtp: RtpStamp, };

/**
 * Asks for a stop. Nothing in it is needed for the stop to be obeyed.
 */
export type StopRequest = { 
/**
 * Wire version.
 */
v: number, 
/**
 * Chosen by the page; the same for all repetitions of one press.
 */
request: number, };

/**
 * Measures the way between page and gateway.
 */
export type Ping = { 
/**
 * The page's own clock.
 */
operator_us: number, };

/**
 * Asks for a picture that can be decoded alone. The gateway bounds how often the vehicle is asked.
 */
export type KeyFrameWish = { 
/**
 * Which camera.
 */
camera: CameraIndex, };

/**
 * Says that a picture is there. From it the gateway tells what the way carries: the next ones are made for that.
 */
export type Arrived = { 
/**
 * The number in its [`crate::PictureHead`].
 */
number: number, };

/**
 * What a page receives on channel `now`.
 */
export type ToConsole = { "state": Uint8Array } | { "pong": Pong } | { "link": ConsoleLink };

/**
 * Answer to a [`Ping`].
 */
export type Pong = { 
/**
 * The page's clock as it was sent.
 */
operator_us: number, };

/**
 * The gateway's view of one vehicle.
 */
export type ConsoleLink = { 
/**
 * The vehicle's control connection stands.
 */
connected: boolean, 
/**
 * Round trip gateway to vehicle and back.
 */
vehicle_rtt_us: number | null, 
/**
 * Age of the newest state the gateway has.
 */
state_age_ms: number | null, 
/**
 * Who holds the lease.
 */
holder: OperatorName | null, 
/**
 * The lease's epoch, while one is granted.
 */
epoch: LeaseEpoch | null, 
/**
 * True if this very session holds it.
 */
mine: boolean, };

/**
 * Snapshot of one vehicle, made by its guardian and relayed as it is.
 */
export type VehicleState = { 
/**
 * Wire version.
 */
v: number, 
/**
 * Counts snapshots of this boot.
 */
seq: number, 
/**
 * Vehicle clock when the snapshot was made.
 */
vehicle_us: number, 
/**
 * This start of the guardian.
 */
boot_id: BootId, 
/**
 * Highest epoch accepted so far; 0 before the first.
 */
epoch: LeaseEpoch, 
/**
 * True while that epoch's lease is alive on the vehicle.
 */
lease_live: boolean, 
/**
 * State of the safety core.
 */
state: SafetyState, 
/**
 * Active causes, worst first.
 */
causes: Array<Cause>, 
/**
 * The latched stop that an acknowledgement must name.
 */
latch: LatchId | null, 
/**
 * Who moves the machine in this tick.
 */
authority: Authority, 
/**
 * What is missing before it moves, in the order a person should do it.
 */
needs: Array<Need>, 
/**
 * Measured speed.
 */
speed_mm_s: number, 
/**
 * Measured steering, positive left.
 */
steering_mrad: number, 
/**
 * Highest speed allowed now.
 */
cap_mm_s: number, 
/**
 * Which term of the cap binds.
 */
cap_term: CapTerm, 
/**
 * Metres travelled since the capture of the picture behind the last accepted command.
 */
blind_mm: number, 
/**
 * The blind distance at which the vehicle brakes.
 */
blind_limit_mm: number, 
/**
 * Age of that picture, oldest over the required cameras; none if unknown.
 */
loop_age_ms: number | null, 
/**
 * Age of the last accepted command.
 */
command_age_ms: number | null, 
/**
 * Distance travelled since boot.
 */
odometer_mm: number, 
/**
 * Where the machine believes it is, on the site's map.
 */
pose: Pose | null, 
/**
 * Height of the forks.
 */
fork_mm: number, 
/**
 * Newest command's own operator stamp and how long the vehicle has held it: gives the round trip.
 */
echo: Echo | null, 
/**
 * The last stop, kept until the next one.
 */
last_stop: LastStop | null, 
/**
 * Commands without effect since boot, by reason, only those above 0.
 */
rejected: Array<RejectCount>, 
/**
 * Commands obeyed since boot.
 */
accepted: number, 
/**
 * True if the guardian got real-time scheduling and locked memory.
 */
realtime: boolean, 
/**
 * Safety ticks that came more than 5 ms late since boot.
 */
late_ticks: number, 
/**
 * The fleet's mission under which it drives by itself.
 */
mission: MissionEpoch | null, 
/**
 * What the safety scanners do for it.
 */
protection: Protection, 
/**
 * Free way ahead along the corridor, while the scanners are heard.
 */
free_mm: number | null, 
/**
 * Cameras that show the same picture for too long; while it moves and one is required, that is a cause as well.
 */
still: Array<CameraIndex>, 
/**
 * Cameras whose pictures move as each other's should, as if their cables were exchanged; while it moves and one is required,
 * that is a cause as well.
 */
swapped: Array<CameraIndex>, 
/**
 * The floor that the stop held ready would sweep, while the guard holds one.
 */
corridor: Corridor | null, };

/**
 * Position on the site's map.
 */
export type Pose = { 
/**
 * East of the map's origin.
 */
x_mm: number, 
/**
 * North of the map's origin.
 */
y_mm: number, 
/**
 * Counter-clockwise from east.
 */
heading_mrad: number, };

/**
 * Gives the console its round trip without any clock in common.
 */
export type Echo = { 
/**
 * The operator stamp of the newest command received.
 */
operator_us: number, 
/**
 * Time between that command's arrival at the guardian and this snapshot.
 */
hold_us: number, };

/**
 * The floor that a stop would sweep, as it lies around the vehicle at the time of the snapshot.
 */
export type Corridor = { 
/**
 * Counts the stops that were proved free since boot.
 */
id: number, 
/**
 * Since it was proved free.
 */
age_ms: number, 
/**
 * Where odometry has the vehicle at the time of the snapshot, in a frame of its own: what it drove between a picture and this
 * snapshot is the difference of two of them.
 */
here: Pose, 
/**
 * Corners in order, each ahead of the vehicle's origin and left of it: down one side, back up the other.
 */
corners_mm: Array<number>, };

/**
 * Where a camera sits on its vehicle, looking level, and what it sees: enough to draw on its picture what lies on the floor.
 */
export type CameraEye = { 
/**
 * Ahead of the vehicle's origin.
 */
x_mm: number, 
/**
 * Left of it.
 */
y_mm: number, 
/**
 * Above the floor.
 */
z_mm: number, 
/**
 * Looking direction, counter-clockwise from forward.
 */
yaw_mrad: number, 
/**
 * From the left edge of the picture to the right edge; a pinhole without distortion.
 */
fov_mrad: number, 
/**
 * Thousandths of the picture's height from its upper edge to the horizon.
 */
horizon_permille: number, };

/**
 * Outline of a vehicle on the floor; its origin is the middle of the fixed axle.
 */
export type Outline = { 
/**
 * How far it reaches behind its origin.
 */
behind_mm: number, 
/**
 * How far it reaches ahead of it, forks included.
 */
ahead_mm: number, 
/**
 * Its width.
 */
width_mm: number, };

/**
 * What a stop was about.
 */
export type LastStop = { 
/**
 * The latch it set.
 */
latch: LatchId, 
/**
 * The worst cause when it began.
 */
cause: Cause, 
/**
 * Time from the last accepted command to the brake demand.
 */
silence_ms: number | null, 
/**
 * Metres rolled after the brake demand.
 */
rolled_mm: number, 
/**
 * The lowest rung of the ladder that it came down to.
 */
rung: StopRung | null, };

/**
 * How many commands had no effect for one reason.
 */
export type RejectCount = { 
/**
 * The reason.
 */
reason: RejectReason, 
/**
 * Since boot.
 */
count: number, };

/**
 * A camera as the page needs to know it.
 */
export type CameraSummary = { 
/**
 * Name in the profile, for instance `front`.
 */
name: string, 
/**
 * Picture width.
 */
width_px: number, 
/**
 * Picture height.
 */
height_px: number, 
/**
 * For which of `forward`, `reverse`, `handover` its picture is required.
 */
required_for: Array<string>, 
/**
 * Where it sits.
 */
eye: CameraEye | null, };

/**
 * How a lease ended.
 */
export type LeaseEnding = "released" | "silence" | "revoked" | "vehicle_refused" | "vehicle_gone" | "gateway_restart";

/**
 * The eight states of the safety core.
 */
export type SafetyState = "Boot" | "Parked" | "Auto" | "Handover" | "Teleop" | "SafeStop" | "Halt" | "EStop";

/**
 * Why a vehicle stops or stays stopped. A cause is cleared only by its own clear condition.
 */
export type Cause = "command_lost" | "picture_old" | "picture_unknown" | "link_flapping" | "lease_lost" | "agent_lost" | "machine_lost" | "tick_overrun" | "remote_stop" | "enable_panic" | "emergency_stop" | "state_file_lost" | "clock_jump" | "restarted" | "internal_fault" | "scan_lost" | "field_breach" | "no_way_out" | "picture_frozen" | "plan_lost" | "localisation_lost" | "off_corridor" | "lease_revoked" | "steering_fault" | "brake_fault" | "lift_fault" | "stop_overrun" | "gateway_lost" | "picture_swapped";

/**
 * Who has authority over the actuators in this tick.
 */
export type Authority = "none" | "operator" | "autonomy" | "stopping";

/**
 * Which term of the speed cap binds.
 */
export type CapTerm = "state" | "site" | "blind" | "blind_trip" | "late" | "mast" | "curve" | "rising" | "zone" | "field" | "link" | "drift" | "guard" | "base";

/**
 * What the safety scanners do for the vehicle.
 */
export type Protection = "no_scanner" | "watching" | "lost" | "breached";

/**
 * How much choice was left in a stop. Ordered: a stop only goes down this ladder.
 */
export type StopRung = "manoeuvre" | "path" | "held" | "machine";

/**
 * What the vehicle waits for before it moves (again).
 */
export type Need = "good_link" | "lease" | "acknowledge" | "neutral" | "pictures" | "confirm" | "enable" | "truck_reset" | "scanner";

/**
 * Why a command had no effect.
 */
export type RejectReason = "malformed" | "version" | "other_boot" | "old_epoch" | "old_sequence" | "no_lease" | "out_of_range" | "picture_unknown" | "input_old";

/** Every `SafetyState`, in the order of the Rust declaration. */
export const SAFETY_STATES: readonly SafetyState[] = [
  "Boot",
  "Parked",
  "Auto",
  "Handover",
  "Teleop",
  "SafeStop",
  "Halt",
  "EStop"
];

/** Every `Cause`, in the order of the Rust declaration. */
export const CAUSES: readonly Cause[] = [
  "command_lost",
  "picture_old",
  "picture_unknown",
  "link_flapping",
  "lease_lost",
  "agent_lost",
  "machine_lost",
  "tick_overrun",
  "remote_stop",
  "enable_panic",
  "emergency_stop",
  "state_file_lost",
  "clock_jump",
  "restarted",
  "internal_fault",
  "scan_lost",
  "field_breach",
  "no_way_out",
  "picture_frozen",
  "plan_lost",
  "localisation_lost",
  "off_corridor",
  "lease_revoked",
  "steering_fault",
  "brake_fault",
  "lift_fault",
  "stop_overrun",
  "gateway_lost",
  "picture_swapped"
];

/** Every `Authority`, in the order of the Rust declaration. */
export const AUTHORITIES: readonly Authority[] = [
  "none",
  "operator",
  "autonomy",
  "stopping"
];

/** Every `CapTerm`, in the order of the Rust declaration. */
export const CAP_TERMS: readonly CapTerm[] = [
  "state",
  "site",
  "blind",
  "blind_trip",
  "late",
  "mast",
  "curve",
  "rising",
  "zone",
  "field",
  "link",
  "drift",
  "guard",
  "base"
];

/** Every `Protection`, in the order of the Rust declaration. */
export const PROTECTIONS: readonly Protection[] = [
  "no_scanner",
  "watching",
  "lost",
  "breached"
];

/** Every `StopRung`, in the order of the Rust declaration. */
export const STOP_RUNGS: readonly StopRung[] = [
  "manoeuvre",
  "path",
  "held",
  "machine"
];

/** Every `Need`, in the order of the Rust declaration. */
export const NEEDS: readonly Need[] = [
  "good_link",
  "lease",
  "acknowledge",
  "neutral",
  "pictures",
  "confirm",
  "enable",
  "truck_reset",
  "scanner"
];

/** Every `RejectReason`, in the order of the Rust declaration. */
export const REJECT_REASONS: readonly RejectReason[] = [
  "malformed",
  "version",
  "other_boot",
  "old_epoch",
  "old_sequence",
  "no_lease",
  "out_of_range",
  "picture_unknown",
  "input_old"
];
