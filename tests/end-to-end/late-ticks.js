// Did a safety tick, or a simulated machine's report, come so late that it stopped a truck? Such a stop belongs to no scenario,
// so it is never waited over.

import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** A guardian stopped its truck because its own tick ran late. No scenario may pass after it. */
export class TickOverrun extends Error {
  /** So long a processor must have been gone to be the reason; all that the witness notes can be. */
  enough_ms = 0;

  constructor(vehicle, { at = Date.now(), line = '', cause } = {}) {
    super(`${vehicle} stopped because its safety tick ran late: this machine is too busy, or the tick is too slow. ${line}`, { cause });
    /** When, on the wall's clock in milliseconds. */
    this.at = at;
  }
}

/** A scenario failed in which a guardian called its machine lost, which here is a thread of the simulator. */
export class MachineSilent extends Error {
  /** It is lost after 100 ms without a report, one of which is due each 10 ms. */
  enough_ms = 80;

  constructor(vehicle, { at, line, cause }) {
    super(`${cause.message}\n${vehicle} stopped because its simulated machine was silent. ${line}`, { cause });
    this.at = at;
  }
}

/** Watches what the guardians say of themselves, from some moment on. */
export class LateTicks {
  #system;
  #seen = new Map();

  /** From now on. */
  static async from(system) {
    const ticks = new LateTicks();
    ticks.#system = system;
    for (const vehicle of system.doors.vehicles) {
      ticks.#seen.set(vehicle, (await ticks.#said(vehicle)).length);
    }
    return ticks;
  }

  /**
   * Throws if a truck was stopped by a late tick since this was asked last; `cause` is what else went wrong, most likely for that
   * reason. Then a machine that was lost is named as well; a scenario that loses one on purpose and passes is left alone.
   */
  async ensureNone(cause) {
    for (const [vehicle, seen] of this.#seen) {
      const said = await this.#said(vehicle);
      const whole = said.lastIndexOf('\n') + 1;
      this.#seen.set(vehicle, whole);
      const since = said.slice(seen, whole).split('\n');
      const ensureUnsaid = (word, Kind) => {
        const line = since.find((line) => line.includes(word));
        if (line !== undefined) {
          throw new Kind(vehicle, { at: Date.parse(line.split(' ', 1)[0]), line, cause });
        }
      };
      ensureUnsaid('TickOverrun', TickOverrun);
      if (cause !== undefined) {
        ensureUnsaid('MachineLost', MachineSilent);
      }
    }
  }

  #said(vehicle) {
    return this.#system.said(`guardian-${vehicle}`);
  }
}
