// The link between truck and gateway is cut: brake within 0.30 s, at rest, latched, cause right, and driven again by the rules only.

import assert from 'node:assert/strict';
import { scenario } from './scenario.js';
import { cutWhileDriving } from './link-cut.js';
import { forward } from './truth.js';
import { never, pause } from './waiting.js';

const CUTS = 10;
const MOST_SILENCE_MS = 300;

scenario(`${CUTS} cuts at random instants each brake within ${MOST_SILENCE_MS} ms`, { net: 'clean', timeout: 600_000 }, async (site) => {
  const alice = await site.arrive('alice');
  const silences = [];
  for (let cut = 0; cut < CUTS; cut += 1) {
    const silence = await cutWhileDriving(site, alice, { driveFor: 300 + Math.random() * 700 });
    silences.push(Math.round(silence));
  }
  console.log(`silence to brake, ms: ${silences.sort((a, b) => a - b).join(' ')}`);
  assert.ok(Math.max(...silences) <= MOST_SILENCE_MS, `the slowest of ${CUTS} took ${Math.max(...silences)} ms`);
});

for (const seconds of [1, 5, 30]) {
  scenario(`after ${seconds} s without a link no old command acts and the state shows at once`, { net: 'clean' }, async (site) => {
    const { truth, vehicle, arrive, net } = site;
    const alice = await arrive('alice');
    await alice.drivesForward();
    await net.cut();
    const rest = await truth.atRest(vehicle);
    await pause(seconds * 1000);
    await net.restore();
    const returned = performance.now();
    await alice.sees('the latched stop', (says) => says.state === 'Halt' && says.cause !== '', 20_000);
    console.log(`state on the page ${Math.round(performance.now() - returned)} ms after the link's return`);
    // Shift and W are still held: nothing may move before a deliberate re-arm.
    await never('the truck moves', async () => Math.abs((await truth.machine(vehicle)).speed_mps) > 0.02, { span: 2000 });
    assert.ok(Math.abs(forward(rest, await truth.machine(vehicle))) < 0.05);
    await alice.rearms();
    await alice.drivesForward();
  });
}
