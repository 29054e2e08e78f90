// A game pad or wheel becomes a wish. An axis that never moved is unknown, not zero: pedals read 0 until first touched.

import type { Reach, Wish } from "./keyboard";
import { type Travel, type WheelLayout, travelled } from "./wheel";

/** The part of the browser's Gamepad that is read; a plain object, so that tests can make one. */
export interface PadSnapshot {
  id: string;
  mapping: string;
  axes: readonly number[];
  buttons: readonly { pressed: boolean; value: number }[];
}

/** One control as the page shows it, raw and mapped. */
export interface RawBar {
  label: string;
  raw: number;
  known: boolean;
}

export interface PadReading {
  id: string;
  /** Its layout has to be learnt first. */
  strange: boolean;
  wish: Wish;
  bars: RawBar[];
  /** Empty when every needed control is known. */
  missing: string[];
}

export class PadDrive {
  private id: string | null = null;
  private first: number[] = [];
  private known: boolean[] = [];
  private armed = false;
  private backwards = false;
  /** Everything had to be let go at once: the next enable needs hands that have come off it all. */
  private dropped = false;

  /** `layouts` knows what was learnt about devices without a standard layout. */
  constructor(private readonly layouts: (id: string) => WheelLayout | null = () => null) {}

  /** Reads one poll. `null` is an unplugged device: everything learnt about it is forgotten. */
  read(pad: PadSnapshot | null, reach: Reach): PadReading | null {
    if (pad === null) {
      this.forget();
      return null;
    }
    if (pad.id !== this.id) {
      this.forget();
      this.id = pad.id;
    }
    const layout = pad.mapping === "standard" ? null : this.layouts(pad.id);
    const [labels, raw] = layout ? wheelRaw(pad, layout) : standardRaw(pad);
    const bars = raw.map((value, at) => ({ label: labels[at] ?? "", raw: Number.isFinite(value) ? value : 0, known: this.learn(at, value) }));
    const missing = bars.filter((bar) => !bar.known).map((bar) => bar.label);
    const strange = pad.mapping !== "standard" && layout === null;
    if (strange) missing.push("a standard layout (this device has its own)");
    const asked = layout ? this.askedByWheel(pad, layout) : askedByPad(pad, bars);
    return { id: pad.id, strange, wish: this.wish(asked, missing, reach), bars, missing };
  }

  /** Lets go of it: enable counts again only after it was seen released with everything at rest. */
  drop(): void {
    this.armed = false;
    this.dropped = true;
  }

  /** The layout of a device has changed: nothing is known of it any more. */
  forget(): void {
    this.id = null;
    this.first = [];
    this.known = [];
    this.armed = false;
    this.backwards = false;
  }

  private wish({ pressed, drive, left, accelerating, resting }: Asked, missing: string[], reach: Reach): Wish {
    // Enable counts only after it was seen released with everything known and at rest: a stuck button or pedal arms nothing.
    if (missing.length > 0) this.armed = false;
    else if (!pressed) this.armed = this.dropped ? resting : !accelerating;
    this.dropped &&= !this.armed;
    const enable = pressed && this.armed && missing.length === 0;
    const limit = Math.min(reach.max_speed_mm_s, Math.max(reach.cap_mm_s, 0));
    const speed = enable ? drive * limit : 0;
    const steering = missing.length === 0 ? Math.sign(left) * left ** 2 * reach.max_steering_mrad : 0;
    return { enable, speed_mm_s: Math.round(speed) || 0, steering_mrad: Math.round(steering) || 0, lift_mm_s: 0 };
  }

  private askedByWheel(pad: PadSnapshot, layout: WheelLayout): Asked {
    const pedal = (travel: Travel): number => dead(Math.max(travelled(pad, travel), 0)) || 0;
    const accelerator = pedal(layout.drive);
    if (accelerator === 0) this.backwards = pad.buttons[layout.reverse]?.pressed ?? false;
    const brake = pedal(layout.brake);
    const left = dead(travelled(pad, layout.steer)) || 0;
    return {
      pressed: pad.buttons[layout.enable]?.pressed ?? false,
      drive: accelerator * (1 - brake) * (this.backwards ? -1 : 1) || 0,
      left,
      accelerating: accelerator !== 0,
      resting: accelerator === 0 && brake === 0 && left === 0,
    };
  }

  /** A control is known once it differed from its first reading. */
  private learn(at: number, value: number): boolean {
    if (!Number.isFinite(value) || Math.abs(value) > 1) return false;
    const first = (this.first[at] ??= value);
    if (Math.abs(value - first) > MOVED) this.known[at] = true;
    return this.known[at] ?? false;
  }
}

/** What the operator's hands and feet ask for: shares of -1 to 1. */
interface Asked {
  pressed: boolean;
  drive: number;
  left: number;
  /** An accelerator is off its rest, whatever a brake or the other trigger makes of it. */
  accelerating: boolean;
  /** All axes are at rest. */
  resting: boolean;
}

function standardRaw(pad: PadSnapshot): [readonly string[], number[]] {
  return [LABELS, [pad.axes[STEER_AXIS] ?? NaN, pad.buttons[BACKWARD]?.value ?? NaN, pad.buttons[FORWARD]?.value ?? NaN]];
}

function wheelRaw(pad: PadSnapshot, { steer, drive, brake }: WheelLayout): [readonly string[], number[]] {
  return [WHEEL_LABELS, [steer, drive, brake].map(({ axis }) => pad.axes[axis] ?? NaN)];
}

function askedByPad(pad: PadSnapshot, bars: readonly RawBar[]): Asked {
  const [steer = 0, backward = 0, forward = 0] = bars.map((bar) => dead(bar.raw));
  const accelerating = forward !== 0 || backward !== 0;
  return {
    pressed: ENABLE.some((at) => pad.buttons[at]?.pressed ?? false),
    drive: forward - backward,
    left: -steer,
    accelerating,
    resting: !accelerating && steer === 0,
  };
}

function dead(value: number): number {
  const size = Math.abs(value);
  return size < DEAD_ZONE ? 0 : (Math.sign(value) * (size - DEAD_ZONE)) / (1 - DEAD_ZONE);
}

const WHEEL_LABELS = ["wheel", "accelerator", "brake"];
const LABELS = ["left stick", "left trigger", "right trigger"];
const STEER_AXIS = 0;
/** Standard layout: triggers are buttons 6 and 7, the shoulder buttons 4 and 5. */
const BACKWARD = 6;
const FORWARD = 7;
const ENABLE = [4, 5];
/** More than the noise of a worn stick, far less than a deliberate move. */
const MOVED = 0.15;
const DEAD_ZONE = 0.06;
