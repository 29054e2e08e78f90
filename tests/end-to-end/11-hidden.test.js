// The page is really hidden, as a person does it: a tab in front of it, another window on top of it.

import assert from 'node:assert/strict';
import { layClock } from '../latency/clock.js';
import { scenario } from './scenario.js';
import { PlainBrowser } from './tab.js';
import { never, until } from './waiting.js';

const MOST_MS = 400;
/** The page loses the focus a moment before it is hidden, and lets go then. */
const LOOK_BACK_US = 500_000;

scenario('another tab is opened in front of the page: it is hidden, and the truck brakes and stands', {}, async ({ truth, vehicle, arrive }) => {
  const alice = await arrive('alice', { kind: PlainBrowser });
  await alice.drivesForward();
  const clock = await layClock(alice.page);
  await alice.page.evaluate(() => {
    document.addEventListener('visibilitychange', () => {
      window.hidden ??= { at: performance.now(), is: document.visibilityState };
    });
  });
  await alice.browser.newPage();
  const hidden = await until('the page is hidden', () => alice.page.evaluate(() => window.hidden));
  assert.equal(hidden.is, 'hidden');
  const since = (hidden.at + clock.offset) * 1000;
  const brake = await until('a braking command', async () =>
    (await truth.actuators(vehicle, since - LOOK_BACK_US)).find(({ speed_mm_s, brake_mm_s2 }) => speed_mm_s === 0 && brake_mm_s2 > 0));
  const took = (brake.received_us - since) / 1000;
  console.log(`braked ${took.toFixed(0)} ms after the page was hidden`);
  assert.ok(took <= MOST_MS, `braked ${took} ms after the page was hidden`);
  await truth.atRest(vehicle);

  // Shift and W are still held when the page is on show again.
  await alice.page.bringToFront();
  await until('the page is on show again', () => alice.page.evaluate(() => document.visibilityState === 'visible'));
  await never('it moves while the keys are still held', async () => (await truth.machine(vehicle)).speed_mps > 0.02, { span: 2000 });
});
