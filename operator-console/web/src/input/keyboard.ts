// Held keys become a wanted speed and steering angle. A pure core: the caller brings key changes and the time.

/** What an operator wants in one instant. */
export interface Wish {
  enable: boolean;
  speed_mm_s: number;
  steering_mrad: number;
  /** Fork speed; positive lifts. */
  lift_mm_s: number;
}

/** What the vehicle allows; the ramps end there. */
export interface Reach {
  max_speed_mm_s: number;
  max_steering_mrad: number;
  /** The cap of this moment. */
  cap_mm_s: number;
  /** Fork speed of a held key; 0 for a machine without forks. */
  lift_mm_s: number;
}

type Action = "enable" | "forward" | "backward" | "left" | "right" | "lift" | "lower";

const KEYS: Readonly<Record<string, Action>> = {
  ShiftLeft: "enable",
  ShiftRight: "enable",
  KeyW: "forward",
  ArrowUp: "forward",
  KeyS: "backward",
  ArrowDown: "backward",
  KeyA: "left",
  ArrowLeft: "left",
  KeyD: "right",
  ArrowRight: "right",
  // Away from the driving keys, so that a slip of the finger moves no load.
  PageUp: "lift",
  PageDown: "lower",
};

export class KeyboardDrive {
  private readonly held = new Set<string>();
  private speed = 0;
  private steering = 0;
  private last_ms: number | null = null;

  /** True if the key is one of ours: the page then keeps it from scrolling. */
  press(code: string): boolean {
    if (KEYS[code] === undefined) return false;
    this.held.add(code);
    return true;
  }

  release(code: string): boolean {
    this.held.delete(code);
    return KEYS[code] !== undefined;
  }

  /** Focus is gone, or the operator pressed Stop: nothing is held any more, and nothing is wanted. */
  releaseAll(): void {
    this.held.clear();
    this.speed = 0;
    this.steering = 0;
  }

  /** True while any driving key is down. */
  get busy(): boolean {
    return this.held.size > 0;
  }

  /** Moves the ramps to `now_ms`. */
  sample(now_ms: number, reach: Reach): Wish {
    const dt = Math.min(Math.max(now_ms - (this.last_ms ?? now_ms), 0), MAX_STEP_MS) / 1000;
    this.last_ms = now_ms;
    const enable = this.holds("enable");
    const lift = enable ? Number(this.holds("lift")) - Number(this.holds("lower")) : 0;
    const drive = enable ? Number(this.holds("forward")) - Number(this.holds("backward")) : 0;
    const steer = Number(this.holds("left")) - Number(this.holds("right"));
    const limit = Math.min(reach.max_speed_mm_s, Math.max(reach.cap_mm_s, 0) + CAP_HEADROOM_MM_S);
    this.speed = towards(this.speed, drive * limit, (this.speed * drive > 0 ? SPEED_UP : SPEED_DOWN) * dt, SPEED_UP * dt);
    this.speed = Math.min(Math.max(this.speed, -limit), limit);
    const steering = steer * reach.max_steering_mrad;
    this.steering = towards(this.steering, steering, (steer === 0 ? CENTRE : STEER) * dt, STEER * dt);
    return { enable, speed_mm_s: Math.round(this.speed) || 0, steering_mrad: Math.round(this.steering) || 0, lift_mm_s: lift * reach.lift_mm_s || 0 };
  }

  private holds(action: Action): boolean {
    for (const code of this.held) if (KEYS[code] === action) return true;
    return false;
  }
}

/** Goes from `from` to `to` by at most `step`; from rest by at most `start`. */
function towards(from: number, to: number, step: number, start: number): number {
  const most = from === 0 ? start : step;
  return Math.abs(to - from) <= most ? to : from + Math.sign(to - from) * most;
}

/** A tap gives a creep, one second of holding about walking pace. */
const SPEED_UP = 900;
/** Letting go brings the wish to zero well before the vehicle's own comfort stop ends. */
const SPEED_DOWN = 4000;
/** Full lock in about a second: slower is clumsy in aisles, faster is too coarse for a key. */
const STEER = 900;
const CENTRE = 1800;
/** The wish may stand a little above the cap, so that the bar shows who limits; without winding up. */
const CAP_HEADROOM_MM_S = 200;
/** After a stall the ramps go on from where they were instead of jumping. */
const MAX_STEP_MS = 50;
