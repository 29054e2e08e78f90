// A wheel with pedals of its own: which axis is which, learnt once from the operator's own moves. Pure.

import type { PadSnapshot } from "./gamepad";

/** One axis between where it rests and where it ends: a pedal, or a wheel from its middle to its left stop. */
export interface Travel {
  axis: number;
  rest: number;
  full: number;
}

export interface WheelLayout {
  steer: Travel;
  drive: Travel;
  brake: Travel;
  /** Button that is the enable switch. */
  enable: number;
  /** Button that is held to go backwards. */
  reverse: number;
}

/** How far a control is from its rest: 0 to 1, for a wheel -1 (right) to 1 (left). `NaN` if the device has no such axis. */
export function travelled(pad: PadSnapshot, { axis, rest, full }: Travel): number {
  return Math.min(Math.max(((pad.axes[axis] ?? NaN) - rest) / (full - rest), -1), 1);
}

/** Reads a stored layout; `null` for anything that is none. */
export function layoutOf(text: string | null): WheelLayout | null {
  try {
    const layout = JSON.parse(text ?? "null") as WheelLayout | null;
    const travels = [layout?.steer, layout?.drive, layout?.brake].every((travel) => travel !== undefined && fits(travel));
    return layout && travels && isIndex(layout.enable) && isIndex(layout.reverse) && layout.enable !== layout.reverse ? layout : null;
  } catch {
    return null;
  }
}

type Step = keyof WheelLayout;

const STEPS: readonly { step: Step; say: string }[] = [
  { step: "steer", say: "Turn the wheel to its left stop, then back to the middle." },
  { step: "drive", say: "Press the accelerator to the floor, then let it go." },
  { step: "brake", say: "Press the brake to the floor, then let it go." },
  { step: "enable", say: "Press the button that will be the enable switch." },
  { step: "reverse", say: "Press the button that will be held to go backwards." },
];

/** Learns a layout step by step; the operator says when each step is done. */
export class WheelLearning {
  private at = 0;
  private readonly learnt: Partial<WheelLayout> = {};
  private lowest: number[] = [];
  private highest: number[] = [];
  private now: readonly number[] = [];
  private pressed: number | null = null;

  constructor(readonly id: string) {}

  /** What the operator is to do; `null` once everything is known. */
  get say(): string | null {
    return STEPS[this.at]?.say ?? null;
  }

  /** True if this step has seen what it waits for. */
  get seen(): boolean {
    return this.found() !== null;
  }

  get layout(): WheelLayout | null {
    return this.say === null ? layoutOf(JSON.stringify(this.learnt)) : null;
  }

  /** One poll of the device. */
  read(pad: PadSnapshot): void {
    this.now = [...pad.axes];
    pad.axes.forEach((value, axis) => {
      this.lowest[axis] = Math.min(this.lowest[axis] ?? value, value);
      this.highest[axis] = Math.max(this.highest[axis] ?? value, value);
    });
    const button = pad.buttons.findIndex(({ pressed }, at) => pressed && at !== this.learnt.enable);
    if (button >= 0) this.pressed = button;
  }

  /** The operator says that this step is done; nothing happens before it has seen a clear move. */
  next(): void {
    const found = this.found();
    const step = STEPS[this.at]?.step;
    if (found === null || step === undefined) return;
    Object.assign(this.learnt, { [step]: found });
    this.at += 1;
    [this.lowest, this.highest, this.pressed] = [[...this.now], [...this.now], null];
  }

  private found(): Travel | number | null {
    const step = STEPS[this.at]?.step;
    if (step === "enable" || step === "reverse") return this.pressed;
    const used = [this.learnt.steer?.axis, this.learnt.drive?.axis];
    const spans = this.now.map((_, axis) => (used.includes(axis) ? 0 : (this.highest[axis] ?? 0) - (this.lowest[axis] ?? 0)));
    const axis = spans.indexOf(Math.max(...spans));
    const [low, high, rest] = [this.lowest[axis], this.highest[axis], this.now[axis]];
    if (low === undefined || high === undefined || rest === undefined) return null;
    const full = rest - low > high - rest ? low : high;
    return Math.abs(full - rest) >= CLEAR_MOVE ? { axis, rest, full } : null;
  }
}

function fits({ axis, rest, full }: Travel): boolean {
  return isIndex(axis) && Math.abs(rest) <= 1 && Math.abs(full) <= 1 && Math.abs(full - rest) >= CLEAR_MOVE;
}

function isIndex(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

/** Half of a wheel's way to one side; a pedal's whole way is twice as long as that again. */
const CLEAR_MOVE = 0.5;
