// Made by `cargo xtask generate` from gateway/api. Do not edit: change the Rust types.

import type { CameraSummary, LeaseEpoch, OperatorName, Outline, VehicleId, VehicleState } from "./protocol";

/**
 * What a person may do on this site; each role may do all that the ones before it may.
 */
export type Role = "watch" | "supervise" | "drive" | "admin";

/**
 * Who is logged in.
 */
export type Me = { 
/**
 * Account name.
 */
name: OperatorName, 
/**
 * What the person may do.
 */
role: Role, };

/**
 * A login.
 */
export type LoginRequest = { 
/**
 * Account name.
 */
name: string, 
/**
 * Its password.
 */
password: string, };

/**
 * One vehicle as the pages need it.
 */
export type VehicleView = { 
/**
 * Its name.
 */
id: VehicleId, 
/**
 * Kind of vehicle, from its profile; empty before it ever connected.
 */
kind: string, 
/**
 * Its control connection stands.
 */
connected: boolean, 
/**
 * Its cameras, in the order of their index.
 */
cameras: Array<CameraSummary>, 
/**
 * Highest speed of its profile.
 */
max_speed_mm_s: number, 
/**
 * Largest angle of its steered wheel.
 */
max_steering_mrad: number, 
/**
 * Its outline on the floor.
 */
outline: Outline | null, 
/**
 * Round trip gateway to vehicle and back.
 */
vehicle_rtt_us: number | null, 
/**
 * Age of the newest state.
 */
state_age_ms: number | null, 
/**
 * Who holds its lease.
 */
holder: OperatorName | null, 
/**
 * The lease's epoch, once the vehicle has accepted it.
 */
epoch: LeaseEpoch | null, 
/**
 * How many viewers are open.
 */
watchers: number, 
/**
 * What it last said of itself.
 */
state: VehicleState | null, };

/**
 * A page's offer.
 */
export type ViewerRequest = { 
/**
 * One recvonly video for each camera in profile order, and the channels `now` (0) and `log` (1).
 */
sdp: string, };

/**
 * The gateway's answer.
 */
export type ViewerAnswer = { 
/**
 * The viewer's number, to be named when control is taken.
 */
viewer_id: string, 
/**
 * The answer to the offer.
 */
sdp: string, };

/**
 * A viewer whose pictures come as access units, not as WebRTC tracks.
 */
export type WayAnswer = { 
/**
 * The viewer's number, to be named when control is taken.
 */
viewer_id: string, 
/**
 * By QUIC (WebTransport); left out where the gateway does not offer it.
 */
quic?: QuicWay, 
/**
 * Path of the WebSocket. It and the URL above are good once, and for ten seconds.
 */
socket: string, };

/**
 * Where WebTransport goes.
 */
export type QuicWay = { 
/**
 * To be opened as it is.
 */
url: string, 
/**
 * SHA-256 of each certificate that the gateway may show there, in base64.
 */
certificate_sha256: Array<string>, };

/**
 * From where control is taken or given back.
 */
export type LeaseRequest = { 
/**
 * The viewer. Left out, a supervisor takes control away from whoever has it.
 */
viewer_id?: string, };

/**
 * A live lease.
 */
export type LeaseAnswer = { 
/**
 * To be named in each command.
 */
epoch: number, 
/**
 * To be named in each command.
 */
boot_id: number, };

/**
 * One row.
 */
export type JournalEntryView = { 
/**
 * Number of the row, from 1, without gaps.
 */
seq: number, 
/**
 * Wall clock of the event, RFC 3339.
 */
at: string, 
/**
 * What it tells of.
 */
kind: string, 
/**
 * Which vehicle.
 */
vehicle: string | null, 
/**
 * Which person.
 */
person: string | null, 
/**
 * Everything else.
 */
data: unknown, };

/** Every `Role`, each allowing what the ones before it allow. */
export const ROLES: readonly Role[] = ["watch","supervise","drive","admin"];
