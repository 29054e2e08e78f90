// The page stops working while it drives: the truck brakes within the bound, whatever the page thinks.

import assert from 'node:assert/strict';
import { Pad } from './pad.js';
import { scenario } from './scenario.js';
import { never, until } from './waiting.js';

/** From the commands that the machine got: how long after `since` (CLOCK_MONOTONIC, us) the brake was demanded. */
async function brakeAfter({ truth, vehicle }, since) {
  const braking = await until('a braking command', async () => {
    const commands = await truth.actuators(vehicle, since);
    return commands.find((command) => command.at_us >= since && command.speed_mm_s === 0 && command.brake_mm_s2 > 0) ?? null;
  });
  return (braking.received_us - since) / 1000;
}

const monotonicNow = () => Number(process.hrtime.bigint() / 1000n);

scenario('the page is blocked for 500 ms: the truck brakes and latches', {}, async (site) => {
  const alice = await site.arrive('alice');
  await alice.drivesForward();
  const since = monotonicNow();
  await alice.page.evaluate(() => {
    const start = performance.now();
    while (performance.now() - start < 500);
  });
  const took = await brakeAfter(site, since);
  assert.ok(took <= 400, `braked ${took} ms after the page went silent`);
  await site.truth.atRest(site.vehicle);
  await never('it moves while the keys are held', async () => (await site.truth.machine(site.vehicle)).speed_mps > 0.02, { span: 1500 });
  await alice.rearms();
  await alice.drivesForward();
});

scenario('the renderer is frozen: the truck brakes and stands', {}, async (site) => {
  const alice = await site.arrive('alice');
  await alice.drivesForward();
  const renderers = await alice.browser.renderers();
  const since = monotonicNow();
  renderers.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  try {
    const took = await brakeAfter(site, since);
    assert.ok(took <= 400, `braked ${took} ms after the renderer froze`);
    await site.truth.atRest(site.vehicle);
  } finally {
    renderers.forEach((pid) => process.kill(pid, 'SIGCONT'));
  }
  await never('it moves when the page wakes up', async () => (await site.truth.machine(site.vehicle)).speed_mps > 0.02, { span: 2000 });
});

scenario('the enable key is let go: the truck brakes without a latch', {}, async (site) => {
  const alice = await site.arrive('alice');
  await alice.drivesForward();
  await alice.page.keyboard.up('Shift');
  await site.truth.atRest(site.vehicle);
  const { state } = await alice.says();
  assert.ok(['Teleop', 'Handover', 'Parked'].includes(state), `the state is ${state}`);
});

scenario('another window takes the focus: the truck stands', {}, async (site) => {
  const alice = await site.arrive('alice');
  await alice.drivesForward();
  // The driver of these tests makes every page believe that it has the focus; a person's browser does not.
  const session = await alice.browser.context.newCDPSession(alice.page);
  await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  await alice.page.evaluate(() => void window.open('about:blank'));
  await until('the page has lost the focus', async () => (await alice.page.evaluate(() => document.hasFocus())) === false || null);
  await site.truth.atRest(site.vehicle);
});

scenario('the page is hidden: the truck brakes and latches', {}, async (site) => {
  const alice = await site.arrive('alice');
  await alice.drivesForward();
  const since = monotonicNow();
  // A headless Chromium has no tab strip and no other window above; what the page can see of being hidden is this.
  await alice.page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: 'hidden' });
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  const took = await brakeAfter(site, since);
  assert.ok(took <= 400, `braked ${took} ms after the page was hidden`);
  await site.truth.atRest(site.vehicle);
});

scenario('a window lies over the picture: the truck does not drive on it', {}, async (site) => {
  const alice = await site.arrive('alice');
  await alice.drivesForward();
  await alice.page.evaluate(() => {
    const cover = Object.assign(document.createElement('div'), { id: 'cover' });
    cover.style.cssText = 'position:fixed;inset:0;background:#000;z-index:2147483647;pointer-events:none';
    document.documentElement.append(cover);
  });
  await site.truth.atRest(site.vehicle);
});

scenario('a picture that is scrolled away is not named: the truck does not drive on it', {}, async (site) => {
  const alice = await site.arrive('alice');
  await alice.drivesForward();
  await alice.page.setViewportSize({ width: 300, height: 300 });
  await alice.sees('a cause that names the picture', ({ cause }) => cause.startsWith('picture_'));
  await site.truth.atRest(site.vehicle);
});

scenario('a pad drives once every control has moved, and pulling it out stops the truck', {}, async (site) => {
  const alice = await site.arrive('alice');
  const pad = new Pad(alice.page);
  await pad.plug();
  await alice.takesControl();
  await pad.enable(true);
  await never('a pad whose pedals never moved drives', async () => (await alice.says()).state === 'Teleop', { span: 1000 });
  await pad.enable(false);
  await pad.touchAll();
  await alice.enables((held) => pad.enable(held));
  await pad.forward(0.7);
  await until('the truck moves', async () => (await site.truth.machine(site.vehicle)).speed_mps > 0.3 || null);
  await pad.unplug();
  await site.truth.atRest(site.vehicle);
});

scenario('fork keys lift and lower while the switch is held, and letting go holds the forks', {}, async (site) => {
  const alice = await site.arrive('alice');
  const height = async () => (await site.truth.machine(site.vehicle)).fork_mm;
  await alice.enables();
  const before = await height();
  await alice.page.keyboard.down('PageUp');
  await until('the forks rise', async () => (await height()) > before + 100 || null, { describe: async () => alice.describes() });
  await alice.page.keyboard.up('Shift');
  let last = null;
  await until('the forks stand', async () => {
    const [was, now] = [last, await height()];
    last = now;
    return was === now || null;
  }, { every: 300 });
  await never('the forks move without the switch', async () => (await height()) !== last, { span: 1000 });
  await alice.page.keyboard.up('PageUp');
  await alice.enables();
  await alice.page.keyboard.down('PageDown');
  await until('the forks sink', async () => (await height()) < last - 50 || null, { describe: async () => alice.describes() });
});

scenario('a switch held without any change is asked about, and then let go by the truck', {}, async (site) => {
  const alice = await site.arrive('alice');
  await alice.drivesForward();
  await alice.page.keyboard.up('w');
  await site.truth.atRest(site.vehicle);
  const asks = () => alice.page.evaluate(() => document.querySelector('.authority')?.innerText.includes('Still there?') ?? false);
  const telling = () => alice.page.evaluate(() => document.querySelector('.telling')?.innerText ?? '');
  await until('the question', asks, { limit: 24_000, describe: () => alice.describes() });
  assert.equal((await alice.says()).state, 'Teleop', 'asked before the truck lets go of the switch');
  await alice.page.keyboard.press('a', { delay: 200 });
  await until('the question is gone after a control moved', async () => !(await asks()));
  // A stall of this machine withdraws the switch for a moment, and both counts, the page's and the truck's, start anew.
  await until('the reason of the stand', async () => (await telling()).includes('Switch let go'), { limit: 90_000, describe: () => alice.describes() });
  await alice.page.keyboard.down('w');
  await never('it moves on a switch that was not pressed anew', async () => Math.abs((await site.truth.machine(site.vehicle)).speed_mps) > 0.02, { span: 1500 });
  await alice.letsGo();
  await alice.drivesForward();
});
