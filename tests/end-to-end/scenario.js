// A test with a running system, and people who leave when it is over.

import { after, describe, test } from 'node:test';
import { LateTicks, TickOverrun } from './late-ticks.js';
import { Operator } from './operator.js';
import { System } from './system.js';
import { until } from './waiting.js';

const LIMIT_MS = 180_000;
const MOST_RUNS = 5;
/** The guardian says that it was late as soon as it runs again; its line is not written much later. */
const SAME_MOMENT_MS = 250;
/** A processor that was gone for so long makes a late tick by itself, and holds up a page or a bus as long. */
const DISTURBING_MS = 50;
/** Before a run is repeated the host is given a while to come to rest. */
const QUIET_MS = 5_000;
const MOST_WAIT_MS = 60_000;

/**
 * `scenario('name', {vehicles, cameras, net, names, timeout}, async ({system, arrive}) => ...)`: a test with a system of its own.
 * When the body fails, the ends of all logs are printed.
 *
 * A stop by tick overrun fails the scenario, whether its body looked or not. Only if a witness on each processor, which does
 * nothing but wake, slept through the same moment, it was the host that took the processor away: the run then shows nothing,
 * says so aloud in the report with what failed, and the scenario is run once more (docs/decisions/0005). The same holds for any
 * other failure of a run in which a processor was gone for longer than a tick may be late. What fails in a run that nothing
 * disturbed fails at once.
 */
export function scenario(name, { timeout = LIMIT_MS, ...options }, body) {
  test(name, { timeout: timeout * MOST_RUNS }, (report) => play(options, body, report));
}

/**
 * Several tests on one system, one after the other: `scenarios('theme', {net}, (scenario) => scenario('name', body))`.
 * Each has people of its own and begins with a standing truck that nobody holds; after one that fails comes a new system.
 */
export function scenarios(theme, options, define) {
  describe(theme, () => {
    const stage = new Stage(options);
    after(() => stage.close());
    define((name, body, { timeout = LIMIT_MS } = {}) => {
      test(name, { timeout: timeout * MOST_RUNS }, (report) => stage.play(body, report));
    });
  });
}

/** The body of a test, on a system of its own. Without a `report` to say it in, nothing is run again. */
export async function play(options, body, report) {
  const stage = new Stage(options);
  try {
    await stage.play(body, report);
  } finally {
    await stage.close();
  }
}

/** A system for one or more bodies. */
class Stage {
  #options;
  #system = null;
  /** From the start of the system on: also what comes late while people leave counts, for the scenario that follows. */
  #late = null;
  /** Since when what happens to the system counts for the next scenario, on the wall's clock in milliseconds. */
  #since = 0;

  constructor(options) {
    this.#options = options;
  }

  async play(body, report) {
    for (let run = 1; ; run += 1) {
      const disturbed = await this.#once(body, report && run < MOST_RUNS);
      if (!disturbed) {
        return;
      }
      const { error, stall } = disturbed;
      const what = String(error.message).split('\n', 1)[0];
      const line = `NOT SHOWN by run ${run}: the host took processor ${stall.cpu} away for ${stall.late_ms} ms, and: ${what}; run again`;
      console.error(line);
      report.diagnostic(line);
    }
  }

  /** Returns nothing if it passed, failure and stall if nothing can be said because of one, and throws if it failed. */
  async #once(body, mayExcuse) {
    if (!this.#system) {
      const started = Date.now();
      this.#system = await System.start(this.#options);
      this.#late = await LateTicks.from(this.#system);
      this.#since = started;
    }
    try {
      await clears(this.#system);
      await this.#late.ensureNone();
      this.#since = await act(this.#system, this.#late, body);
    } catch (error) {
      const late = error instanceof TickOverrun;
      const stall = late ? await this.#system.nearestStall(error.at) : await this.#system.longestStall(this.#since);
      const excused = mayExcuse && (late ? stall?.away_ms < SAME_MOMENT_MS : stall?.late_ms >= DISTURBING_MS);
      if (!excused) {
        console.error(`the ${late ? 'nearest' : 'longest'} stall of the host: ${stall ? JSON.stringify(stall) : 'none was seen'}`);
        console.error(await this.#system.lastWords());
      } else {
        await this.#system.quiet(QUIET_MS, MOST_WAIT_MS);
      }
      await this.close();
      if (!excused) {
        throw error;
      }
      return { error, stall };
    }
  }

  async close() {
    const system = this.#system;
    this.#system = null;
    await system?.stop();
  }
}

/** Waits until the trucks stand and nobody holds them: whoever drove in the test before has left. */
async function clears(system) {
  for (const vehicle of system.doors.vehicles) {
    await until(`nobody holds ${vehicle}`, async () => (await system.vehicle(vehicle)).holder === null);
    await system.truth.atRest(vehicle);
  }
}

/** Runs one body; returns when it ended. A truck that was stopped by its own late safety tick fails it, whatever else it saw. */
async function act(system, late, body) {
  const people = [];
  const arrive = async (person, where) => {
    const operator = await Operator.arrive(system, person, where);
    people.push(operator);
    return operator;
  };
  try {
    await body({ system, truth: system.truth, net: system.net, vehicle: system.doors.vehicles[0], arrive });
    await late.ensureNone();
    return Date.now();
  } catch (error) {
    for (const operator of people) {
      console.error('page errors:', operator.complaints);
    }
    await late.ensureNone(error);
    throw error;
  } finally {
    await Promise.allSettled(people.map((operator) => operator.leaves()));
  }
}
