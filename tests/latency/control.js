// `cargo xtask bench control`: from the key on the keyboard to the command that the machine got.

import { Operator } from '../end-to-end/operator.js';
import { until } from '../end-to-end/waiting.js';
import { bench, clockOffsetMs, net, random, say, seed, trials } from './rig.js';
import { pause } from '../end-to-end/waiting.js';

await bench({ net: net === 'clean' ? undefined : net }, async (site) => {
  const next = random(seed);
  const alice = await Operator.arrive(site.system, 'alice');
  site.people.push(alice);
  const { page } = alice;
  await page.evaluate(() => {
    window.addEventListener('keydown', (event) => {
      if (!event.repeat && event.code === 'KeyW') {
        window.pressedAt = event.timeStamp;
      }
    }, { capture: true });
  });
  const offset = await clockOffsetMs(page);
  const samples = [];
  while (samples.length < trials) {
    const { state } = await alice.says();
    if (state !== 'Teleop') {
      await alice.letsGo();
      if (state === 'Halt' || state === 'SafeStop') {
        await alice.rearms();
      }
      await alice.takesControl();
      await alice.enables();
    }
    await page.keyboard.down('w');
    const pressedMs = (await page.evaluate(() => window.pressedAt)) + offset;
    const moved = await until('the machine got the command', async () => {
      const commands = await site.truth.actuators(site.vehicle, pressedMs * 1000);
      return commands.find((command) => command.speed_mm_s > 0) ?? null;
    });
    samples.push(moved.received_us / 1000 - pressedMs);
    await page.keyboard.up('w');
    await until('the machine got the neutral', async () => {
      const commands = await site.truth.actuators(site.vehicle, moved.received_us);
      return commands.at(-1)?.speed_mm_s === 0 || null;
    });
    await site.truth.atRest(site.vehicle);
    await pause(50 + next() * 50);
    if (samples.length % 20 === 0) {
      say(`${samples.length} of ${trials}`);
    }
  }
  return [{ name: 'console_to_actuator', unit: 'ms', net, samples }, ...(await gatewayAdded(site.system))];
});

/** What the gateway itself says it adds to a command. */
async function gatewayAdded(system) {
  const text = await (await system.api('admin', 'GET', '/metrics')).text();
  const quantiles = [...text.matchAll(/^farhand_command_added_seconds\{[^}]*quantile="([\d.]+)"[^}]*\} ([\d.e+-]+)$/gm)];
  const count = Number(text.match(/^farhand_command_added_seconds_count\S* (\d+)$/m)?.[1] ?? 0);
  if (count === 0) {
    say('the gateway has no farhand_command_added_seconds');
    return [];
  }
  const ms = (wanted) => Number(quantiles.find(([, quantile]) => Number(quantile) === wanted)?.[2] ?? 0) * 1000;
  return [{ name: 'gateway_added', unit: 'ms', net, kept: { count, p50: ms(0.5), p95: ms(0.95), p99: ms(0.99), max: ms(1) } }];
}
