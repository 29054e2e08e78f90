// What time is it in the vehicle? Estimated from the states' own clock, without any clock in common.

/** Estimates the vehicle's clock and ages pictures on it. Times are microseconds; `local` is the page's own clock. */
export class VehicleClock {
  private readonly offsets = new SlidingBest((a, b) => a > b);
  private readonly round_trips = new SlidingBest((a, b) => a < b);
  private newest_offset: number | null = null;

  /** A state made at `vehicle_us` arrived at `local_us`. The least delayed state tells the most. */
  state(local_us: number, vehicle_us: number): void {
    const offset = vehicle_us - local_us;
    if (this.newest_offset !== null && Math.abs(offset - this.newest_offset) > JUMP_US) this.reset();
    this.newest_offset = offset;
    this.offsets.add(local_us, offset);
  }

  /** A measured way from the page to the vehicle and back. */
  roundTrip(local_us: number, round_trip_us: number): void {
    if (round_trip_us >= 0) this.round_trips.add(local_us, round_trip_us);
  }

  /** Vehicle time now; `null` before the first state. Half the best round trip stands for the way of the best state. */
  now(local_us: number): number | null {
    const offset = this.offsets.best(local_us) ?? this.newest_offset;
    if (offset === null) return null;
    return local_us + offset + (this.round_trips.best(local_us) ?? 0) / 2;
  }

  /** Best round trip of the last seconds. */
  bestRoundTrip(local_us: number): number | null {
    return this.round_trips.best(local_us);
  }

  /** Capture time of a picture from its 32-bit RTP stamp; the nearest one to now. */
  captureOf(local_us: number, rtp: number): number | null {
    const now_us = this.now(local_us);
    if (now_us === null) return null;
    const now_ticks = Math.floor((now_us * 9) / 100);
    const behind = ((now_ticks - rtp) | 0) as number;
    return ((now_ticks - behind) * 100) / 9;
  }

  /** Age of a picture; never negative. */
  ageMs(local_us: number, rtp: number): number | null {
    const now_us = this.now(local_us);
    const capture_us = this.captureOf(local_us, rtp);
    if (now_us === null || capture_us === null) return null;
    return Math.max((now_us - capture_us) / 1000, 0);
  }

  reset(): void {
    this.offsets.clear();
    this.round_trips.clear();
    this.newest_offset = null;
  }
}

/** The best value of the last seconds, in a few buckets. */
class SlidingBest {
  private buckets: { slot: number; value: number }[] = [];

  constructor(private readonly better: (a: number, b: number) => boolean) {}

  add(local_us: number, value: number): void {
    const slot = Math.floor(local_us / BUCKET_US);
    const last = this.buckets.at(-1);
    if (last?.slot !== slot) {
      this.buckets.push({ slot, value });
      if (this.buckets.length > BUCKETS) this.buckets.shift();
    } else if (this.better(value, last.value)) {
      last.value = value;
    }
  }

  best(local_us: number): number | null {
    const oldest = Math.floor(local_us / BUCKET_US) - BUCKETS;
    let best: number | null = null;
    for (const { slot, value } of this.buckets) {
      if (slot > oldest && (best === null || this.better(value, best))) best = value;
    }
    return best;
  }

  clear(): void {
    this.buckets = [];
  }
}

/** Two crystals drift apart by at most about 100 us a second: over ten seconds, one millisecond. */
const BUCKET_US = 1_250_000;
const BUCKETS = 8;
/** No link delays a state by minutes; such a step is another boot of the vehicle's host. */
const JUMP_US = 60_000_000;
