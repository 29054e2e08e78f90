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

/** One axis since a step began. */
interface Moves {
  began: number;
  /** The first other reading after a 0: until it is first touched, an axis may read 0 wherever it rests. */
  touched: number | null;
  now: number;
  lowest: number;
  highest: number;
  /** The whole way, there and back. */
  path: number;
}

/** Learns a layout step by step; the operator says when each step is done. */
export class WheelLearning {
  private at = 0;
  private readonly learnt: Partial<WheelLayout> = {};
  private moves: Moves[] = [];
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
    pad.axes.forEach((value, axis) => {
      const moves = (this.moves[axis] ??= still(value));
      if (moves.began === 0 && value !== 0) moves.touched ??= value;
      moves.path += Math.abs(value - moves.now);
      moves.lowest = Math.min(moves.lowest, value);
      moves.highest = Math.max(moves.highest, value);
      moves.now = value;
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
    [this.moves, this.pressed] = [this.moves.map(({ now }) => still(now)), null];
  }

  private found(): Travel | number | null {
    const step = STEPS[this.at]?.step;
    if (step === "enable" || step === "reverse") return this.pressed;
    const used = [this.learnt.steer?.axis, this.learnt.drive?.axis];
    const spans = this.moves.map(({ lowest, highest }, axis) => (used.includes(axis) ? 0 : highest - lowest));
    const axis = spans.indexOf(Math.max(...spans));
    const moves = this.moves[axis];
    if (moves === undefined || !outAndBack(moves)) return null;
    const { lowest, highest, now: rest } = moves;
    const full = rest - lowest > highest - rest ? lowest : highest;
    return Math.abs(full - rest) >= CLEAR_MOVE ? { axis, rest, full } : null;
  }
}

function still(at: number): Moves {
  return { began: at, touched: null, now: at, lowest: at, highest: at, path: 0 };
}

/** What is still held is not at rest: a pedal learnt like that would drive when it is let go. */
function outAndBack({ began, touched, now, lowest, highest, path }: Moves): boolean {
  const near = NEAR * (highest - lowest);
  const back = Math.abs(now - began) <= near || (touched !== null && Math.abs(now - touched) <= near);
  return back && path >= 2 * (highest - lowest) - near;
}

function fits({ axis, rest, full }: Travel): boolean {
  return isIndex(axis) && Math.abs(rest) <= 1 && Math.abs(full) <= 1 && Math.abs(full - rest) >= CLEAR_MOVE;
}

function isIndex(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

/** Half of a wheel's way to one side; a pedal's whole way is twice as long as that again. */
const CLEAR_MOVE = 0.5;
/** A pedal's spring brings it back to within this share of its way. */
const NEAR = 0.1;
