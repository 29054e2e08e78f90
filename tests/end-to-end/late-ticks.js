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

  /** Throws if a truck was stopped by a late tick since; `cause` is what else went wrong, most likely for that reason. */
  async ensureNone(cause) {
    for (const [vehicle, seen] of this.#seen) {
      const since = (await this.#said(vehicle)).slice(seen);
      const line = since.split('\n').find((said) => said.includes('TickOverrun'));
      if (line !== undefined) {
        throw new TickOverrun(vehicle, { at: Date.parse(line.split(' ', 1)[0]), line, cause });
      }
    }
  }

  #said(vehicle) {
    return this.#system.said(`guardian-${vehicle}`);
  }
}
