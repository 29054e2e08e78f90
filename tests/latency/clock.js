// A page's clock laid on CLOCK_MONOTONIC, the clock of vehicle, simulator and stamps.

const ROUNDS = 300;
/** Chromium tells the time to pages in steps of a tenth of a millisecond. */
const STEP_MS = 0.1;

/** Milliseconds of CLOCK_MONOTONIC. */
export const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

/**
 * What to add to a page's `performance.now()` to get CLOCK_MONOTONIC in milliseconds, and how wrong that may be.
 *
 * Chromium's own ticks are CLOCK_MONOTONIC on Linux, and it says at which tick the page's clock began. That is believed
 * only if it agrees with many round trips, each of which brackets the truth; else the middle of the bracket is taken.
 */
export async function layClock(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'timeTicks' });
  const { metrics } = await session.send('Performance.getMetrics');
  const told = metrics.find(({ name }) => name === 'NavigationStart').value * 1000;
  await session.detach();
  let [least, most] = [-Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = monotonicMs();
    const there = await page.evaluate(() => performance.now());
    const after = monotonicMs();
    [least, most] = [Math.max(least, before - there - STEP_MS), Math.min(most, after - there + STEP_MS)];
  }
  const agrees = told >= least && told <= most;
  return {
    offset: agrees ? told : (least + most) / 2,
    error: agrees ? STEP_MS : (most - least) / 2,
    how: agrees ? 'the start of its clock as Chromium tells it' : 'the middle of the shortest round trips',
    bracket: most - least,
  };
}

/** The clock in one sentence. */
export const describeClock = ({ error, how, bracket }) =>
  `clock of the page: ${how}; off by at most ${error.toFixed(2)} ms (round trips leave ${bracket.toFixed(2)} ms)`;
