// The operator's hands: keys and a pad, sampled by the page's tick. Losing focus, the page or the device is a release.

import { Attention } from "./attention";
import { PadDrive, type PadReading, type PadSnapshot } from "./gamepad";
import { KeyboardDrive, type Reach, type Wish } from "./keyboard";
import { WheelLearning } from "./wheel";
import { Wheels } from "./wheels";

/** A wish and how sure the page is that it is still meant. */
export interface InputSample extends Wish {
  /** Age of the newest proof that the page is processing input. */
  age_ms: number;
  source: "keys" | "pad";
}

/** Everything let go. */
export const NOTHING: Wish = { enable: false, speed_mm_s: 0, steering_mrad: 0, lift_mm_s: 0 };

/** Keys that are no driving keys but press something once. */
export type Press = "stop" | "take" | "rearm";

const PRESSES: Readonly<Record<string, Press>> = { Space: "stop", Enter: "take", NumpadEnter: "take", KeyR: "rearm" };

export class OperatorInput {
  private readonly keys = new KeyboardDrive();
  private readonly wheels = new Wheels();
  private readonly pad = new PadDrive((id) => this.wheels.layout(id));
  private readonly listeners = new AbortController();
  private readonly attention = new Attention();
  private next_pad_poll_ms = 0;
  /** Nothing counts until all keys have been let go (after Stop, after focus was lost). */
  private awaiting_release = false;
  reading: PadReading | null = null;
  /** A wheel that is being set up; it drives nothing meanwhile. */
  learning: WheelLearning | null = null;

  /** `onPress` gets single presses; `onRelease` is called when everything had to be let go at once. */
  constructor(
    private readonly onPress: (press: Press) => void,
    private readonly onRelease: () => void,
  ) {}

  /** Starts to listen. Ends with `close`. */
  open(): void {
    const signal = this.listeners.signal;
    window.addEventListener("keydown", (event) => this.keydown(event), { signal, capture: true });
    window.addEventListener("keyup", (event) => this.keyup(event), { signal, capture: true });
    window.addEventListener("blur", () => this.drop(), { signal });
    window.addEventListener("pagehide", () => this.drop(), { signal });
    window.addEventListener("gamepaddisconnected", () => this.unplug(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.drop(), { signal });
  }

  close(): void {
    this.listeners.abort();
    this.drop();
  }

  /** Lets go of everything; a key, pad or wheel that is still held must be let go by hand before it counts again. */
  drop(): void {
    this.awaiting_release = this.keys.busy;
    this.keys.releaseAll();
    this.pad.drop();
    this.onRelease();
  }

  /** One sample. After a stall the sample is as old as the stall: keys let go meanwhile are still in the queue. */
  sample(now_ms: number, reach: Reach): InputSample {
    const age_ms = this.attention.tick(now_ms);
    const attentive = document.visibilityState === "visible" && document.hasFocus();
    this.pollPad(now_ms, reach);
    // What a browser tells a page in the background of a pad may be old: a release seen there is none.
    if (!attentive) this.pad.drop();
    const keys = this.keys.sample(now_ms, reach);
    const wish = this.reading?.wish.enable && !keys.enable ? this.reading.wish : keys;
    const source = wish === keys ? "keys" : "pad";
    return attentive ? { ...wish, age_ms, source } : { ...NOTHING, age_ms, source };
  }

  /** Begins to set up the device that is plugged in. */
  learn(): void {
    this.learning = this.reading ? new WheelLearning(this.reading.id) : null;
  }

  /** The operator says that a step of it is done. */
  nextStep(): void {
    this.learning?.next();
    const layout = this.learning?.layout;
    if (!this.learning || !layout) return;
    this.wheels.keep(this.learning.id, layout);
    this.pad.forget();
    this.learning = null;
  }

  stopLearning(): void {
    this.learning = null;
  }

  private pollPad(now_ms: number, reach: Reach): void {
    if (this.reading === null && now_ms < this.next_pad_poll_ms) return;
    this.next_pad_poll_ms = now_ms + PAD_SEARCH_MS;
    const had = this.reading !== null;
    const pads: readonly (PadSnapshot | null)[] = navigator.getGamepads?.() ?? [];
    const pad = pads.find((pad) => pad !== null) ?? null;
    this.reading = this.pad.read(pad, reach);
    if (this.learning?.id !== pad?.id) this.learning = null;
    else if (pad) this.learning?.read(pad);
    if (had && this.reading === null) this.onRelease();
  }

  private unplug(): void {
    this.reading = this.pad.read(null, { max_speed_mm_s: 0, max_steering_mrad: 0, cap_mm_s: 0, lift_mm_s: 0 });
    this.drop();
  }

  private keydown(event: KeyboardEvent): void {
    if (isText(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    const press = PRESSES[event.code];
    if (press !== undefined && !(press === "take" && isButton(event.target))) {
      event.preventDefault();
      if (!event.repeat) this.onPress(press);
      return;
    }
    if (this.awaiting_release) {
      if (event.repeat) return;
      this.awaiting_release = false;
    }
    if (this.keys.press(event.code)) event.preventDefault();
  }

  private keyup(event: KeyboardEvent): void {
    // Space on a focused button would click it on the way up; Space is Stop and nothing else.
    if (PRESSES[event.code] === "stop" && !isText(event.target)) event.preventDefault();
    this.keys.release(event.code);
  }
}

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

function isButton(target: EventTarget | null): boolean {
  return target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
}

/** Asking for a pad that is not there costs more than reading one that is. */
const PAD_SEARCH_MS = 500;
