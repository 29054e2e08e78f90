// `cargo xtask bench stop`: the link is cut at random instants of a drive; what follows is held against the promise.

import { Operator } from '../end-to-end/operator.js';
import { pause, until } from '../end-to-end/waiting.js';
import { Report, drives, net as preset, random, say, seed, trials, withSystem } from './rig.js';

const MOST_MS = 300;
/** What a lost link may be called. */
const CAUSES = ['command_lost', 'lease_lost', 'picture_old'];
const MOVING_MPS = 0.4;

const report = new Report();
const next = random(seed);
const silences = [];
let trial = 1;
// After a cut that went wrong nobody knows how the truck stands: the failure stays one, and the others are made on a new system.
while (trial <= trials) {
  // The emulator must stand between even where it changes nothing: it makes the cut.
  await withSystem({ net: preset }, async (site) => {
    const operator = await Operator.arrive(site.system, 'alice');
    site.people.push(operator);
    const home = await site.truth.machine(site.vehicle);
    await report.during('drives and cuts', { ...site.system.doors.pids, browser: operator.browser.pid }, async () => {
      for (let sound = true; sound && trial <= trials; trial += 1) {
        sound = await one(site, operator, home);
      }
    });
  });
}
report.row('silence_to_brake', 'ms', {}, silences);
histogram(silences, 10).forEach((line) => report.note(line));
report.print();

/** One trial; false if the truck may not be as the next one needs it. What went wrong is told with the newest stall of the host. */
async function one(site, operator, home) {
  const wrong = [];
  try {
    const seen = await cut(site, operator, home);
    if (seen.silence !== null) {
      silences.push(seen.silence);
    }
    say(`${trial} of ${trials}: ${seen.silence === null ? 'no brake' : `${seen.silence.toFixed(1)} ms`}`);
    wrong.push(...seen.wrong);
  } catch (error) {
    wrong.push(error.message);
  }
  if (wrong.length > 0) {
    const stall = await site.system.nearestStall(Date.now());
    const host = stall ? ` (newest stall of the host: processor ${stall.cpu} for ${stall.late_ms} ms, ${stall.ago_ms} ms ago)` : '';
    wrong.forEach((what) => report.failure(`cut ${trial}: ${what}${host}`));
  }
  return wrong.length === 0;
}

/** One drive, one cut, one stop, one re-arm. */
async function cut({ truth, net, vehicle }, operator, home) {
  await drives(operator);
  const key = (await ahead(truth, vehicle, home)) > 0 ? 's' : 'w';
  await operator.page.keyboard.down(key);
  await until('the truck moves', async () => Math.abs((await truth.machine(vehicle)).speed_mps) >= MOVING_MPS, {
    describe: async () => JSON.stringify([await operator.says(), await truth.machine(vehicle)]),
  });
  await pause(next() * 1000);
  const before = await operator.says();
  await net.cut();
  await truth.atRest(vehicle);
  const lastDelivered = await net.lastDeliveredToVehicles();
  const commands = (await truth.actuators(vehicle, lastDelivered)).filter(({ received_us }) => received_us >= lastDelivered);
  const brake = commands.find(({ safe_stop, brake_mm_s2 }) => safe_stop && brake_mm_s2 > 0);
  await operator.letsGo();
  await net.restore();
  const after = await operator.sees('the latched stop and its cause', ({ state, cause }) => state === 'Halt' && cause !== '', 20_000);
  await operator.rearms();
  const silence = brake ? (brake.received_us - lastDelivered) / 1000 : null;
  const wrong = [
    before.state !== 'Teleop' && `it was cut in ${before.state}, not in Teleop`,
    silence === null && 'the machine got no braking command of a safe stop',
    silence > MOST_MS && `${silence.toFixed(1)} ms from the last control datagram to the brake`,
    !CAUSES.includes(after.cause) && `the cause is ${after.cause}`,
  ];
  return { silence, wrong: wrong.filter((what) => what) };
}

/** Metres from where the truck began, along its first heading: it goes to and fro and stays in its aisle. */
async function ahead(truth, vehicle, home) {
  const { x_m, y_m } = await truth.machine(vehicle);
  return (x_m - home.x_m) * Math.cos(home.heading_rad) + (y_m - home.y_m) * Math.sin(home.heading_rad);
}

/** One line for each step of `width` milliseconds between the shortest and the longest. */
function histogram(samples, width) {
  const counts = new Map();
  for (const sample of samples) {
    const from = Math.floor(sample / width) * width;
    counts.set(from, (counts.get(from) ?? 0) + 1);
  }
  const froms = [...counts.keys()];
  const lines = [];
  for (let from = Math.min(...froms); from <= Math.max(...froms); from += width) {
    const count = counts.get(from) ?? 0;
    lines.push(`${String(from).padStart(4)} to ${String(from + width).padEnd(4)} ms ${'#'.repeat(count)} ${count}`);
  }
  return lines;
}
