// For how long has the switch been held without any change of the controls? Counted as the vehicle counts it. A pure core.

import type { Command } from "../wire/generated/protocol";

/** From then on the operator is asked whether she is still there. */
export const PROMPT_MS = 20_000;
/** By then the vehicle lets go of the switch itself: `stuck_enable_after` of its profile, unless the site changed it. */
export const STUCK_MS = 25_000;

export class Stillness {
  private since_ms: number | null = null;
  private before = "";

  /** A command has left. */
  sent(now_ms: number, { enable, speed_mm_s, steering_mrad, lift_mm_s }: Command): void {
    const input = `${speed_mm_s} ${steering_mrad} ${lift_mm_s}`;
    if (!enable) this.since_ms = null;
    else if (this.since_ms === null || input !== this.before) this.since_ms = now_ms;
    this.before = input;
  }

  /** Nothing is held under a lease that is over. */
  end(): void {
    this.since_ms = null;
  }

  forMs(now_ms: number): number {
    return this.since_ms === null ? 0 : now_ms - this.since_ms;
  }
}
