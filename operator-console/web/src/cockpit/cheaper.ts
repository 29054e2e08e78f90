// Of two ways to do the same thing, which costs less on this machine? A pure core.

/** Tries two ways in turn, then stays with the one whose median is lower. */
export class Cheaper<Way> {
  private readonly spent: [number[], number[]] = [[], []];
  private settled: Way | null = null;

  constructor(private readonly ways: readonly [Way, Way]) {}

  /** The way to take next. */
  get next(): Way {
    if (this.settled !== null) return this.settled;
    const [first, second] = this.spent;
    return this.ways[first.length <= second.length ? 0 : 1];
  }

  /** It was taken, and this is what it cost. */
  took(way: Way, cost_ms: number): void {
    if (this.settled !== null) return;
    this.spent[way === this.ways[0] ? 0 : 1].push(cost_ms);
    const [first, second] = this.spent;
    if (first.length < TRIALS || second.length < TRIALS) return;
    this.settled = this.ways[median(first) <= median(second) ? 0 : 1];
  }

  /** This way is not possible here; only the other one is left. */
  without(way: Way): void {
    this.settled = this.ways[way === this.ways[0] ? 1 : 0];
  }
}

function median(costs: readonly number[]): number {
  return [...costs].sort((a, b) => a - b)[costs.length >> 1] ?? 0;
}

/** Half a second of pictures: a busy moment cannot decide, and nobody waits for it. */
const TRIALS = 8;
