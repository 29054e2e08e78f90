// What all benches share: their wishes, a running system, what was measured, and how busy the machine was meanwhile.

import { readFileSync } from 'node:fs';
import { System } from '../end-to-end/system.js';
import { pause } from '../end-to-end/waiting.js';
import { Costs } from './costs.js';

/** The wishes, as `cargo xtask bench` hands them over. */
const WISHES = { trials: 10, net: 'clean', seed: 1, cameras: null, ways: ['webrtc'], ...JSON.parse(process.argv[2] ?? '{}') };
export const { trials, net, seed, cameras, ways } = WISHES;

/** What a bench measured. Samples are handed over whole; percentiles and verdicts are made in xtask/src/bench. */
export class Report {
  rows = [];
  notes = [];
  failures = [];
  windows = [];
  costs = [];

  /** A row; `about` holds cameras, net and way where they apply. */
  row(name, unit, about, samples) {
    const known = this.rows.find((row) => row.name === name && row.cameras === about.cameras && row.way === about.way);
    if (known) {
      known.samples.push(...samples);
    } else {
      this.rows.push({ name, unit, net, ...about, samples });
    }
  }

  /** Something to know beside the figures. */
  note(line) {
    say(line);
    this.notes.push(line);
  }

  /** Something that must not be: the bench goes on and fails at its end. */
  failure(line) {
    say(`FAILED: ${line}`);
    this.failures.push(line);
  }

  /** Measures: only these windows count for how busy the machine was, and for what the processes cost. */
  async during(what, pids, measure) {
    const [costs, before] = [new Costs(pids), machineTicks()];
    const result = await measure();
    this.windows.push([before, machineTicks()]);
    const cpu_pct = costs.perCent();
    const known = this.costs.filter((cost) => cost.during === what).length;
    this.costs.push({ during: known ? `${what}, round ${known + 1}` : what, cpu_pct });
    return result;
  }

  print() {
    const { rows, notes, failures, windows, costs } = this;
    console.log(JSON.stringify({ rows, notes, failures, windows, costs }));
  }
}

/** The line of all cores in /proc/stat. */
function machineTicks() {
  return readFileSync('/proc/stat', 'utf8').split('\n', 1)[0];
}

/** Runs one part of a bench against a system of its own. */
export async function withSystem(options, measure) {
  const system = await System.start({ net: net === 'clean' ? undefined : net, ...options });
  const people = [];
  try {
    return await measure({ system, truth: system.truth, net: system.net, vehicle: system.doors.vehicles[0], people });
  } catch (error) {
    console.error(await system.lastWords());
    throw error;
  } finally {
    await Promise.allSettled(people.map((person) => person.leaves()));
    await system.stop();
  }
}

/** A line for the person in front of the terminal; standard output is for the report. */
export function say(line) {
  console.error(line);
}

/** Says once in five seconds how far a long measurement is. */
export async function patiently(what, seconds, each = async () => {}) {
  for (let passed = 0; passed < seconds; passed += 1) {
    await pause(1000);
    await each();
    if (passed % 5 === 4 && passed + 1 < seconds) {
      say(`${what}: ${passed + 1} of ${seconds} s`);
    }
  }
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

/** What must be so before a command can be measured: driven by this person, in Teleop. */
export async function drives(operator) {
  const { state } = await operator.says();
  if (state === 'Teleop') {
    return;
  }
  await operator.letsGo();
  if (state === 'Halt' || state === 'SafeStop') {
    await operator.rearms();
  }
  await operator.enables();
}
