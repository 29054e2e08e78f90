// `cargo xtask bench drive`: a scripted operator drives laps, to and fro in an aisle; how long they take, how fast and how
// blind the truck is meanwhile.

import { Operator } from '../end-to-end/operator.js';
import { until } from '../end-to-end/waiting.js';
import { Report, drives, say, trials, withSystem } from './rig.js';

const LAP_M = 5;
const LOOK_EVERY_MS = 50;
const LAP_LIMIT_MS = 60_000;

const report = new Report();
await withSystem({}, async ({ system, truth, vehicle, people }) => {
  const operator = await Operator.arrive(system, 'alice');
  people.push(operator);
  await drives(operator);
  const home = await truth.machine(vehicle);
  const ahead = ({ x_m, y_m }) => (x_m - home.x_m) * Math.cos(home.heading_rad) + (y_m - home.y_m) * Math.sin(home.heading_rad);
  const [laps, speeds, blinds, caps] = [[], [], [], []];

  /** Holds a key until the truck is where it should be, and looks at the figures meanwhile. */
  async function leg(key, there) {
    await operator.page.keyboard.down(key);
    await until(`the truck is there (${key})`, async () => {
      const [machine, says] = await Promise.all([truth.machine(vehicle), operator.says()]);
      if (says.state !== 'Teleop') {
        throw new Error(`the truck left Teleop: ${JSON.stringify(says)}`);
      }
      speeds.push(Math.abs(machine.speed_mps) * 1000);
      blinds.push(says.blind);
      caps.push(says.cap);
      return there(ahead(machine));
    }, { limit: LAP_LIMIT_MS, every: LOOK_EVERY_MS });
    await operator.page.keyboard.up(key);
    await truth.atRest(vehicle);
  }

  await report.during('laps', { ...system.doors.pids, browser: operator.browser.pid }, async () => {
    for (let lap = 1; lap <= trials; lap += 1) {
      const started = performance.now();
      await leg('w', (metres) => metres > LAP_M);
      await leg('s', (metres) => metres < 0.5);
      laps.push((performance.now() - started) / 1000);
      say(`lap ${lap} of ${trials}: ${laps.at(-1).toFixed(1)} s`);
    }
  });
  report.row('lap', 's', {}, laps);
  report.row('speed', 'mm/s', {}, speeds);
  report.row('speed_cap', 'mm/s', {}, caps);
  report.row('blind_distance', 'mm', {}, blinds);
  report.note(`a lap is ${LAP_M} m forward and back in a straight line, both ends at rest; speed is ground truth, the others what the page shows`);
});
report.print();
