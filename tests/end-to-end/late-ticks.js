// Did a safety tick come so late that it stopped a truck? Such a stop belongs to no scenario, so it is never waited over.

import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** A guardian stopped its truck because its own tick ran late. No scenario may pass after it. */
export class TickOverrun extends Error {
  constructor(vehicle, { at = Date.now(), line = '', cause } = {}) {
    super(`${vehicle} stopped because its safety tick ran late: this machine is too busy, or the tick is too slow. ${line}`, { cause });
    /** When, on the wall's clock in milliseconds. */
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
   * reason. A truck that was stopping already tells of the late tick with its next state only, so the moment is that of the
   * guardian's own remark.
   */
  async ensureNone(cause) {
    for (const [vehicle, seen] of this.#seen) {
      const said = await this.#said(vehicle);
      const whole = said.lastIndexOf('\n') + 1;
      this.#seen.set(vehicle, whole);
      const since = said.slice(seen, whole).split('\n');
      const stop = since.find((line) => line.includes('TickOverrun'));
      if (stop !== undefined) {
        const before = said.slice(0, said.indexOf(stop, seen)).split('\n');
        const late = before.findLast((line) => line.includes('safety tick ran late')) ?? stop;
        throw new TickOverrun(vehicle, { at: Date.parse(late.split(' ', 1)[0]), line: stop, cause });
      }
    }
  }

  #said(vehicle) {
    return this.#system.said(`guardian-${vehicle}`);
  }
}
