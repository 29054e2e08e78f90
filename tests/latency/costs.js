// What processes cost, out of /proc, each with all its descendants.

import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of /proc/PID/stat a second; Linux fixes it at 100 for what programs see. */
const TICKS_PER_SECOND = 100;

export class Costs {
  #pids;
  #before;
  #since = performance.now();

  /** `pids` are process numbers by name, or several for one name. */
  constructor(pids) {
    this.#pids = pids;
    this.#before = ticks(pids);
  }

  /** Per cent of one core since the start, by name. */
  perCent() {
    const seconds = (performance.now() - this.#since) / 1000;
    const after = ticks(this.#pids);
    return Object.fromEntries(
      Object.keys(this.#pids).map((name) => [name, Number((((after[name] - this.#before[name]) / TICKS_PER_SECOND / seconds) * 100).toFixed(1))]),
    );
  }
}

/** Ticks so far of each named process and its descendants. */
function ticks(pids) {
  const table = new Map();
  for (const name of readdirSync('/proc')) {
    const row = /^\d+$/.test(name) ? stat(name) : null;
    if (row) {
      table.set(Number(name), row);
    }
  }
  const tree = (pid) => {
    const children = [...table.entries()].filter(([, { parent }]) => parent === pid).map(([child]) => child);
    return (table.get(pid)?.ticks ?? 0) + children.reduce((sum, child) => sum + tree(child), 0);
  };
  return Object.fromEntries(Object.entries(pids).map(([name, pids]) => [name, [pids].flat().reduce((sum, pid) => sum + tree(pid), 0)]));
}

/** Parent and own time of one process; null where it is gone. The name in brackets may hold anything. */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}
