// `cargo xtask bench control`: from the instant at which the page hands a command to its data channel to the instant at
// which the machine takes the first actuator command that carries it, on one clock.
//
// The truck stands in Teleop and only its steering moves: held keys ramp the angle, so nearly every command carries a value
// that its predecessor did not, and is found again by it.

import { Operator } from '../end-to-end/operator.js';
import { pause } from '../end-to-end/waiting.js';
import { layClock, monotonicMs } from './clock.js';
import { Report, drives, net, random, say, seed, trials, withSystem } from './rig.js';
import { keepCommands } from './sent.js';

/** A command that the machine has not got by then was overtaken by its successor, which is newer and wins. */
const LATEST_MS = 400;
/** Least change, so that a value cannot be taken for its predecessor. */
const LEAST_MRAD = 3;

/** What the machine got, fetched in pieces. */
class Actuators {
  list = [];
  #sinceUs = monotonicMs() * 1000;

  constructor(truth, vehicle) {
    Object.assign(this, { truth, vehicle });
  }

  async fetch() {
    const fresh = (await this.truth.actuators(this.vehicle, this.#sinceUs)).filter(({ received_us }) => received_us > this.#sinceUs);
    // Older than this can belong to no command that is still looked for.
    this.list = [...this.list, ...fresh].slice(-1000);
    this.#sinceUs = this.list.at(-1)?.received_us ?? this.#sinceUs;
  }
}

const report = new Report();
const next = random(seed);
await withSystem({}, async ({ system, truth, vehicle, people }) => {
  const operator = await Operator.arrive(system, 'alice');
  people.push(operator);
  const { page, browser } = operator;
  await page.addInitScript(keepCommands);
  await page.reload();
  await operator.seesPictures();
  await drives(operator);
  const clock = await layClock(page);
  const samples = [];
  const [actuators, lost] = [new Actuators(truth, vehicle), { count: 0 }];
  await report.during('steering', { ...system.doors.pids, browser: browser.pid }, async () => {
    let from = await page.evaluate(() => window.benchSent.length);
    let said = 0;
    while (samples.length < trials) {
      await drives(operator);
      await wiggle(page);
      await pause(LATEST_MS);
      const sent = await page.evaluate((from) => window.benchSent.slice(from), from);
      from += sent.length;
      await actuators.fetch();
      samples.push(...ways(sent, actuators.list, clock.offset, lost));
      if (samples.length >= said + 200) {
        said = samples.length;
        say(`${Math.min(samples.length, trials)} of ${trials}`);
      }
    }
  });
  report.row('console_to_actuator', 'ms', {}, samples);
  report.note(`${samples.length} commands with a new angle were found at the machine, ${lost.count} were overtaken by a newer one; clock off by at most ${clock.error.toFixed(2)} ms`);
  await gatewayAdded(system);
});
report.print();

/** To one side and back to the other for a random while. */
async function wiggle(page) {
  for (const key of ['a', 'd']) {
    await page.keyboard.down(key);
    await pause(300 + next() * 400);
    await page.keyboard.up(key);
  }
}

/** Milliseconds from each command with a new angle to the actuator command that carries it. */
function ways(sent, actuators, offset, lost) {
  const found = [];
  sent.forEach(({ at_ms, enable, steering_mrad }, at) => {
    const before = sent[at - 1];
    if (!before || !enable || !before.enable || Math.abs(steering_mrad - before.steering_mrad) < LEAST_MRAD) {
      return;
    }
    const sentUs = (at_ms + offset) * 1000;
    const carried = actuators.find((actuator) => actuator.received_us >= sentUs && actuator.steering_mrad === steering_mrad);
    if (carried && carried.received_us - sentUs < LATEST_MS * 1000) {
      found.push((carried.received_us - sentUs) / 1000);
    } else {
      lost.count += 1;
    }
  });
  return found;
}

/** What the gateway itself says it adds to a command: from the channel's bytes in to the vehicle's datagram out. */
async function gatewayAdded(system) {
  const text = await (await system.api('admin', 'GET', '/metrics')).text();
  const quantiles = [...text.matchAll(/^farhand_(?:gateway_)?command_added_seconds\{[^}]*quantile="([\d.]+)"[^}]*\} ([\d.e+-]+)$/gm)];
  const count = Number(text.match(/^farhand_(?:gateway_)?command_added_seconds_count\S* (\d+)$/m)?.[1] ?? 0);
  if (count === 0) {
    report.failure('the gateway has no farhand_gateway_command_added_seconds');
    return;
  }
  const ms = (wanted) => Number(quantiles.find(([, quantile]) => Number(quantile) === wanted)?.[2] ?? 0) * 1000;
  report.rows.push({ name: 'gateway_added', unit: 'ms', net, kept: { count, p50: ms(0.5), p95: ms(0.95), p99: ms(0.99), max: ms(1) } });
}
