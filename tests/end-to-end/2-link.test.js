// The link between truck and gateway is cut: brake within 0.30 s, at rest, latched, cause right, and driven again by the rules only.

import assert from 'node:assert/strict';
import { layClock } from '../latency/clock.js';
import { scenarios } from './scenario.js';
import { cut, cutWhileDriving, seesStop } from './link-cut.js';
import { forward } from './truth.js';
import { never, pause } from './waiting.js';

/** With the three long ones below it makes ten. */
const CUTS = 7;
const MOST_SILENCE_MS = 300;
const MOST_RETURN_MS = 500;

/** Notes when the page next shows another safety state than now. */
function noteNextState() {
  const root = document.querySelector('[data-authority]');
  const before = root.dataset.safetyState;
  window.nextState = null;
  const observer = new MutationObserver(() => {
    if (root.dataset.safetyState !== before) {
      observer.disconnect();
      window.nextState = { shown: performance.now(), state: root.dataset.safetyState };
    }
  });
  observer.observe(root, { attributes: true });
}

scenarios('a link that is cut', { net: 'clean' }, (scenario) => {
  scenario(`${CUTS} cuts at random instants each brake within ${MOST_SILENCE_MS} ms`, async (site) => {
    const alice = await site.arrive('alice');
    const silences = [];
    for (let number = 0; number < CUTS; number += 1) {
      const silence = await cutWhileDriving(site, alice, { driveFor: 300 + Math.random() * 700 });
      silences.push(Math.round(silence));
    }
    console.log(`silence to brake, ms: ${silences.sort((a, b) => a - b).join(' ')}`);
    assert.ok(Math.max(...silences) <= MOST_SILENCE_MS, `the slowest of ${CUTS} took ${Math.max(...silences)} ms`);
  }, { timeout: 600_000 });

  for (const seconds of [1, 5, 30]) {
    scenario(`after ${seconds} s no old command acts, and the state shows within ${MOST_RETURN_MS} ms of the link's return`, async (site) => {
      const { truth, vehicle, arrive, net } = site;
      const alice = await arrive('alice');
      await alice.readies();
      await alice.drivesForward();
      const clock = await layClock(alice.page);
      const silence = await cut(site);
      assert.ok(silence <= MOST_SILENCE_MS, `braked ${silence} ms after the last control datagram`);
      const rest = await truth.machine(vehicle);
      await alice.page.evaluate(noteNextState);
      // The outage itself: its length is what this is about.
      await pause(seconds * 1000);
      const returned = await net.restore();
      await seesStop(alice);
      const next = await alice.page.evaluate(() => window.nextState);
      assert.equal(next.state, 'Halt');
      const took = next.shown + clock.offset - returned / 1000;
      console.log(`after ${seconds} s: state on the page ${took.toFixed(0)} ms after the link's return`);
      assert.ok(took > 0, `the state showed ${took} ms after the return: something came through the cut`);
      assert.ok(took <= MOST_RETURN_MS, `the first state showed ${took} ms after the link's return`);
      // Shift and W are still held: nothing may move before a deliberate re-arm.
      await never('the truck moves', async () => Math.abs((await truth.machine(vehicle)).speed_mps) > 0.02, { span: 2000 });
      assert.ok(Math.abs(forward(rest, await truth.machine(vehicle))) < 0.05);
      await alice.rearms();
      await alice.drivesForward();
    });
  }
});
