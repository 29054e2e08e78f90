// When is a connection given up, and how soon is the next one tried? A pure core.

export interface Heard {
  /** When the newest message of any kind came. */
  any_ms: number | null;
  /** When the newest state came. */
  state_ms: number | null;
  /** The gateway says the vehicle is connected and its own newest state is fresh. */
  gateway_has_state: boolean;
}

export class Patience {
  private failures = 0;
  private built_ms = 0;
  private proved = false;

  /** A new connection is being built. */
  built(now_ms: number): void {
    this.built_ms = now_ms;
    this.proved = false;
  }

  /** A state came over the connection that stands. */
  get works(): boolean {
    return this.proved;
  }

  /** A state came: the connection works, and the next failure is again the first. */
  good(): void {
    this.proved = true;
    this.failures = 0;
  }

  /** Is the connection to be thrown away? */
  over(now_ms: number, heard: Heard): boolean {
    // Connecting takes a few round trips; only after that does silence mean anything.
    const limit = this.proved ? SILENCE_MS : FIRST_MS;
    const since = (at: number | null): number => now_ms - Math.max(at ?? 0, this.built_ms);
    if (since(heard.any_ms) > limit) return true;
    // Where the gateway has no fresh state either, another connection would hear as little.
    return heard.gateway_has_state && since(heard.state_ms) > limit;
  }

  /** How long to wait before the next try: at once, then slower, at most two seconds. */
  nextDelay(): number {
    const delay = this.failures === 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (this.failures - 1), MOST_DELAY_MS);
    this.failures += 1;
    return delay;
  }
}

const SILENCE_MS = 1000;
/** Long enough for a handshake that loses a packet; then another way may do better. */
const FIRST_MS = 3000;
const FIRST_DELAY_MS = 200;
const MOST_DELAY_MS = 2000;
