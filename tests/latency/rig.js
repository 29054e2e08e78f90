// What all benches share: their arguments, a running system, and samples as the last line.

import { System } from '../end-to-end/system.js';

/** Arguments, as `cargo xtask bench` hands them over. */
export const [trials, net, seed] = [Number(process.argv[2] ?? 10), process.argv[3] ?? 'clean', Number(process.argv[4] ?? 1)];

/** Runs a bench against a system of its own and prints its samples. */
export async function bench(options, measure) {
  const system = await System.start(options);
  const people = [];
  try {
    const samples = await measure({ system, truth: system.truth, net: system.net, vehicle: system.doors.vehicles[0], people });
    console.log(JSON.stringify(samples));
  } catch (error) {
    console.error(await system.lastWords());
    throw error;
  } finally {
    await Promise.allSettled(people.map((person) => person.leaves()));
    await system.stop();
  }
}

/** A line for the person in front of the terminal; standard output is for samples. */
export function say(line) {
  console.error(line);
}

/** Numbers in 0..1 that are the same for the same seed (the public mulberry32 recurrence). */
export function random(start) {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Microseconds of CLOCK_MONOTONIC, the clock of vehicle, simulator and stamps. */
export const monotonicUs = () => Number(process.hrtime.bigint() / 1000n);

/**
 * Milliseconds to add to a page's `performance.now()` to get CLOCK_MONOTONIC: the answer with the shortest way out of many.
 */
export async function clockOffsetMs(page) {
  let best = { way: Infinity, offset: 0 };
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const before = monotonicUs() / 1000;
    const there = await page.evaluate(() => performance.now());
    const after = monotonicUs() / 1000;
    if (after - before < best.way) {
      best = { way: after - before, offset: (before + after) / 2 - there };
    }
  }
  return best.offset;
}
