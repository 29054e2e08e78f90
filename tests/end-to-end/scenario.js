// A test with a system of its own and people who leave when it is over.

import { test } from 'node:test';
import { Operator, TickOverrun } from './operator.js';
import { System } from './system.js';

const MOST_RUNS = 3;
/** A stall that ended longer ago than this has nothing to do with a failure. */
const RECENT_MS = 10_000;

/**
 * `scenario('name', {vehicles, net, names, timeout}, async ({system, arrive}) => ...)`.
 * When the body fails, the ends of all logs are printed.
 *
 * A stop by tick overrun fails the scenario. Only if a witness on each processor, which does nothing but wake, slept through
 * the same moment, it was the host that took the processor away: the run then shows nothing, says so aloud in the report, and
 * the scenario is run once more (docs/decisions/0005).
 */
export function scenario(name, { timeout = 180_000, ...options }, body) {
  test(name, { timeout: timeout * MOST_RUNS }, async (report) => {
    for (let run = 1; ; run += 1) {
      const stall = await runOnce(options, body, run < MOST_RUNS);
      if (stall === null) {
        return;
      }
      const line = `NOT SHOWN by run ${run}: the host took processor ${stall.cpu} away for ${stall.late_ms} ms and the safety tick ran late; run again`;
      console.error(line);
      report.diagnostic(line);
    }
  });
}

/** Returns null if it passed, the stall if nothing can be said because of one, and throws if it failed. */
async function runOnce(options, body, mayExcuse) {
  const system = await System.start(options);
  const people = [];
  const arrive = async (person, where) => {
    const operator = await Operator.arrive(system, person, where);
    people.push(operator);
    return operator;
  };
  try {
    await body({ system, truth: system.truth, net: system.net, vehicle: system.doors.vehicles[0], arrive });
    return null;
  } catch (error) {
    const stall = error instanceof TickOverrun && mayExcuse ? (await system.stalls()).findLast(({ ago_ms }) => ago_ms < RECENT_MS) : undefined;
    if (stall) {
      return stall;
    }
    console.error(await system.lastWords());
    for (const operator of people) {
      console.error('page errors:', operator.complaints);
    }
    throw error;
  } finally {
    await Promise.allSettled(people.map((operator) => operator.leaves()));
    await system.stop();
  }
}
