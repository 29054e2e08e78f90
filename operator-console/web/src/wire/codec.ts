// Bytes of channel `now`. The subset is the gateway's: whole numbers below 2^53, no duplicates, nothing after the end.

import { decode, encode } from "cborg";
import { type FromConsole, type ToConsole, type VehicleState, WIRE_VERSION } from "./generated/protocol";

const STRICT = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
} as const;

const IN_ORDER = { mapSorter: () => 0 } as const;

/** Writes a message of the page; its keys stay in the order of their declaration, so both languages write the same bytes. */
export function encodeFromConsole(message: FromConsole): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encode(message, IN_ORDER));
}

/** Reads a message for the page; throws with the reason if it is none. */
export function decodeToConsole(bytes: Uint8Array): ToConsole {
  const message: unknown = decode(bytes, STRICT);
  refuseFractions(message, 0);
  if (!isRecord(message)) throw new Error("the message is no map");
  const keys = Object.keys(message);
  if (keys.length !== 1) throw new Error("the message must have one kind");
  if (message["state"] instanceof Uint8Array) return { state: message["state"] };
  for (const kind of ["pong", "link"] as const) {
    if (isRecord(message[kind])) return message as ToConsole;
  }
  throw new Error(`unknown message ${keys[0] ?? ""}`);
}

/** Reads a vehicle's state; throws if it is another version or not a state. */
export function decodeState(bytes: Uint8Array): VehicleState {
  const state: unknown = decode(bytes, STRICT);
  refuseFractions(state, 0);
  if (!isRecord(state)) throw new Error("the state is no map");
  if (state["v"] !== WIRE_VERSION) throw new Error(`the vehicle speaks version ${String(state["v"])}, this page ${WIRE_VERSION}`);
  for (const field of NUMBERS) {
    if (typeof state[field] !== "number") throw new Error(`the state has no ${field}`);
  }
  for (const field of LISTS) {
    if (!Array.isArray(state[field])) throw new Error(`the state has no ${field}`);
  }
  if (typeof state["state"] !== "string") throw new Error("the state has no state word");
  return state as unknown as VehicleState;
}

const NUMBERS = [
  "seq", "vehicle_us", "boot_id", "epoch", "speed_mm_s", "steering_mrad", "cap_mm_s", "blind_mm", "blind_limit_mm",
] as const;
const LISTS = ["causes", "needs", "rejected"] as const;

/** A float on the wire is an error of the sender, however deep it hides. */
function refuseFractions(value: unknown, depth: number): void {
  if (depth > 6) throw new Error("the message is nested too deeply");
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Error("the message holds a float");
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return;
  for (const inner of Object.values(value)) refuseFractions(inner, depth + 1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** A whole number for the wire; never NaN, and never the negative zero that CBOR would write as a float. */
export function whole(value: number): number {
  return Number.isFinite(value) ? Math.round(value) || 0 : 0;
}
