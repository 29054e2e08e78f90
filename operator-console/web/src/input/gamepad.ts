// A game pad or wheel becomes a wish. An axis that never moved is unknown, not zero: pedals read 0 until first touched.

import type { Reach, Wish } from "./keyboard";

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
    const raw = [pad.axes[STEER_AXIS] ?? NaN, pad.buttons[BACKWARD]?.value ?? NaN, pad.buttons[FORWARD]?.value ?? NaN];
    const bars = raw.map((value, at) => ({ label: LABELS[at] ?? "", raw: Number.isFinite(value) ? value : 0, known: this.learn(at, value) }));
    const missing = bars.filter((bar) => !bar.known).map((bar) => bar.label);
    if (pad.mapping !== "standard") missing.push("a standard layout (this device has its own)");
    return { id: pad.id, wish: this.wish(pad, bars, missing, reach), bars, missing };
  }

  private wish(pad: PadSnapshot, bars: RawBar[], missing: string[], reach: Reach): Wish {
    const pressed = ENABLE.some((at) => pad.buttons[at]?.pressed ?? false);
    // Enable counts only after it was seen released with everything known: a stuck button arms nothing.
    if (missing.length > 0) this.armed = false;
    else if (!pressed) this.armed = true;
    const enable = pressed && this.armed && missing.length === 0;
    const [steer, backward, forward] = bars.map((bar) => dead(bar.raw));
    const drive = enable ? (forward ?? 0) - (backward ?? 0) : 0;
    const limit = Math.min(reach.max_speed_mm_s, Math.max(reach.cap_mm_s, 0));
    const steering = missing.length === 0 ? -Math.sign(steer ?? 0) * (steer ?? 0) ** 2 * reach.max_steering_mrad : 0;
    return { enable, speed_mm_s: Math.round(drive * limit) || 0, steering_mrad: Math.round(steering) || 0 };
  }

  /** A control is known once it differed from its first reading. */
  private learn(at: number, value: number): boolean {
    if (!Number.isFinite(value) || Math.abs(value) > 1) return false;
    const first = (this.first[at] ??= value);
    if (Math.abs(value - first) > MOVED) this.known[at] = true;
    return this.known[at] ?? false;
  }

  private forget(): void {
    this.id = null;
    this.first = [];
    this.known = [];
    this.armed = false;
  }
}

function dead(value: number): number {
  const size = Math.abs(value);
  return size < DEAD_ZONE ? 0 : (Math.sign(value) * (size - DEAD_ZONE)) / (1 - DEAD_ZONE);
}

const LABELS = ["left stick", "left trigger", "right trigger"];
const STEER_AXIS = 0;
/** Standard layout: triggers are buttons 6 and 7, the shoulder buttons 4 and 5. */
const BACKWARD = 6;
const FORWARD = 7;
const ENABLE = [4, 5];
/** More than the noise of a worn stick, far less than a deliberate move. */
const MOVED = 0.15;
const DEAD_ZONE = 0.06;
