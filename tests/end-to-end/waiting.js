// Waiting for conditions.

import { setTimeout as pause } from 'node:timers/promises';

/** What a condition looked like when its time was over. */
export class TooLate extends Error {}

/**
 * Asks until the answer is neither false, null nor undefined, and returns it.
 * `describe` is called when the time is over, to say how things stood.
 */
export async function until(what, ask, { limit = 15_000, every = 25, describe } = {}) {
  const start = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== null && answer !== undefined) {
      return answer;
    }
    if (performance.now() - start > limit) {
      const stood = describe ? `; it stood: ${await describe()}` : '';
      throw new TooLate(`waited ${limit / 1000} s for: ${what}${stood}`);
    }
    await pause(every);
  }
}

/** Watches that a condition never comes true for a span. */
export async function never(what, ask, { span, every = 25 }) {
  const start = performance.now();
  while (performance.now() - start < span) {
    const answer = await ask();
    if (answer) {
      throw new Error(`must not happen, but did after ${Math.round(performance.now() - start)} ms: ${what}: ${JSON.stringify(answer)}`);
    }
    await pause(every);
  }
}

export { pause };
