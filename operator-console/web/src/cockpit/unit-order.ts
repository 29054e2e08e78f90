// One camera's units in the order of their making. A pure core: time is given.
//
// Each unit travels on its own stream, so after a lost packet a later one may be complete first. Giving up at once would cost a
// key frame for each lost packet; waiting for ever would show nothing. As in gateway/link (arrival_order, unit_gate).

/** What has to be known of a unit. */
export interface UnitLabel {
  /** Rises over all pictures sent to this page, wrapping: unlike `sequence` it does not begin anew with the vehicle's computer. */
  number: number;
  sequence: number;
  depends_on: number;
  key: boolean;
}

export interface Ordered<Held> {
  /** To be decoded, in this order. */
  decode: Held[];
  /** Units that never will be, to be counted. */
  dropped: number;
  /** A key frame is to be wished for. */
  wish: boolean;
}

export class UnitOrder<Held extends UnitLabel> {
  /** Oldest first, each with the time of its arrival. */
  private held: { unit: Held; since_ms: number }[] = [];
  /** The unit that was decoded last; `null` while only a key frame will do. */
  private decoded: number | null = null;
  /** The newest number ever decoded, below which nothing is decoded any more. */
  private newest: number | null = null;
  /** When the next key frame may be wished for; begins with the first tick or arrival. */
  private next_wish_ms: number | null = null;
  /** Whoever joins is sent a key frame without asking: the first wish waits for that, unless something is amiss. */
  private joining = true;

  /** A unit arrived whole. */
  arrive(now_ms: number, unit: Held): Ordered<Held> {
    const out: Ordered<Held> = { decode: [], dropped: 0, wish: false };
    if (this.old(unit)) out.dropped += 1;
    else {
      const place = this.held.findIndex((other) => isAfter(other.unit.number, unit.number));
      this.held.splice(place < 0 ? this.held.length : place, 0, { unit, since_ms: now_ms });
      this.release(out);
    }
    return this.giveUp(now_ms, out);
  }

  /** Time passed. */
  tick(now_ms: number): Ordered<Held> {
    return this.giveUp(now_ms, { decode: [], dropped: 0, wish: false });
  }

  /** What was handed out could not be decoded: the next one must be a key frame. */
  lost(): void {
    this.decoded = null;
    if (this.joining) this.next_wish_ms = 0;
    this.joining = false;
  }

  get waits_for_key_frame(): boolean {
    return this.decoded === null;
  }

  get waiting(): number {
    return this.held.length;
  }

  private old({ number }: UnitLabel): boolean {
    if (this.newest !== null && !isAfter(number, this.newest)) return true;
    return this.held.some(({ unit }) => unit.number === number);
  }

  /** Hands out what can be decoded now; a key frame makes everything before it worthless. */
  private release(out: Ordered<Held>): void {
    const key = this.held.findLastIndex(({ unit }) => unit.key);
    if (key > 0) out.dropped += this.held.splice(0, key).length;
    for (;;) {
      const unit = this.held[0]?.unit;
      if (!unit || (!unit.key && unit.depends_on !== this.decoded)) return;
      this.held.shift();
      this.decoded = unit.sequence;
      this.newest = unit.number;
      out.decode.push(unit);
    }
  }

  /** Drops what has waited too long and what hangs on it, and wishes for a key frame, at most one a second. */
  private giveUp(now_ms: number, out: Ordered<Held>): Ordered<Held> {
    const impatient = this.held.some(({ since_ms }) => now_ms - since_ms >= PATIENCE_MS);
    if (impatient || this.held.length > MOST_WAITING) {
      out.dropped += this.held.length;
      this.held = [];
      this.lost();
    }
    this.next_wish_ms ??= now_ms + WISH_AGAIN_MS;
    if (this.decoded === null && now_ms >= this.next_wish_ms) {
      this.next_wish_ms = now_ms + WISH_AGAIN_MS;
      this.joining = false;
      out.wish = true;
    }
    return out;
  }
}

/** True if `later` follows `earlier` on the wrapping 32-bit counter. */
function isAfter(later: number, earlier: number): boolean {
  return later !== earlier && (later - earlier) >>> 0 < 2 ** 31;
}

/** Longer than packets overtake each other on one way, shorter than a picture may be late. */
export const PATIENCE_MS = 60;
/** Twice what comes in that time at 60 pictures a second. */
export const MOST_WAITING = 8;
/** The gateway asks a vehicle for no more than that either. */
export const WISH_AGAIN_MS = 1000;
