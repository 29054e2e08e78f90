// Does the page keep up with the operator's hands? After a stall, keys let go meanwhile still wait in the event queue.

/** Ages the newest proof that input is being processed. A pure core. */
export class Attention {
  private last_tick_ms: number | null = null;
  private confirmed_ms: number | null = null;
  private settled_ms = 0;

  /** A tick of the page; returns the age of what it knows about the hands. */
  tick(now_ms: number): number {
    const gap_ms = this.last_tick_ms === null ? UNKNOWN_MS : now_ms - this.last_tick_ms;
    const before_ms = this.confirmed_ms;
    // Ticks that piled up come in one burst: they prove nothing until the queue has been worked off.
    if (gap_ms >= STALL_MS) this.settled_ms = now_ms + SETTLE_MS;
    this.last_tick_ms = now_ms;
    if (now_ms >= this.settled_ms) this.confirmed_ms = now_ms;
    if (before_ms === null) return UNKNOWN_MS;
    return Math.max(now_ms - before_ms, 0);
  }
}

/** The same limit up to which an enable is sent at all. */
const STALL_MS = 60;
const SETTLE_MS = 40;
/** Before the first tick nothing is known. */
const UNKNOWN_MS = 1000;
