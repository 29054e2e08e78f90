// A part dies: every one of these ends in standstill, and driving is possible again by the rules.

import assert from 'node:assert/strict';
import { scenarios } from './scenario.js';
import { never, until } from './waiting.js';

/** Alice drives, something happens, the truck stands and stays. */
async function standsAfter({ truth, vehicle, arrive }, happens) {
  const alice = await arrive('alice');
  await alice.readies();
  await alice.drivesForward();
  await happens(alice);
  await truth.atRest(vehicle);
  await never('it moves again by itself', async () => Math.abs((await truth.machine(vehicle)).speed_mps) > 0.02, { span: 1500 });
  return alice;
}

/** Drives again after a crash, from a fresh page. */
async function drivesAgain({ truth, vehicle, arrive }, alice) {
  await alice.leaves();
  const again = await arrive('alice');
  await again.seesPictures();
  await again.rearms();
  await again.drivesForward();
  await again.letsGo();
  await truth.atRest(vehicle);
}

scenarios('a part dies', {}, (scenario) => {
  scenario('the gateway is killed: the truck stands, and drives again after a re-arm', async (site) => {
    const alice = await standsAfter(site, () => site.system.kill('gateway'));
    await site.system.restart('gateway');
    site.system.forgetSessions();
    const state = await until('the truck tells the new gateway of itself', async () => {
      const view = await site.system.vehicle().catch(() => null);
      return view?.connected && view.state ? view.state : null;
    });
    assert.equal(state.state, 'Halt', JSON.stringify(state));
    await drivesAgain(site, alice);
  });

  scenario('the agent is killed: the guardian brakes and says agent_lost', async (site) => {
    const latchOf = (state) => state?.last_stop?.latch ?? null;
    const before = latchOf((await site.system.vehicle()).state);
    const alice = await standsAfter(site, () => site.system.kill(`agent-${site.vehicle}`));
    await site.system.restart(`agent-${site.vehicle}`);
    // The gateway keeps the last state it heard; the stop stands in the first one after the agent's return.
    const state = await until('the truck tells of its stop', async () => {
      const { connected, state } = await site.system.vehicle();
      return connected && latchOf(state) !== before ? state : null;
    });
    assert.equal(state.last_stop.cause, 'agent_lost', JSON.stringify(state));
    await drivesAgain(site, alice);
  });

  scenario('the guardian is killed: the machine brakes by its own watchdog, a new guardian starts latched', async (site) => {
    const alice = await standsAfter(site, () => site.system.kill(`guardian-${site.vehicle}`));
    await site.system.restart(`guardian-${site.vehicle}`);
    const restarted = await until('the new guardian speaks', async () => {
      const { connected, state } = await site.system.vehicle();
      return connected && state && ['Halt', 'Boot', 'Parked'].includes(state.state) && state.causes.includes('restarted') ? state : null;
    });
    assert.ok(restarted.latch !== null, JSON.stringify(restarted));
    await drivesAgain(site, alice);
  });

  scenario('the browser is killed: the truck stands, the lease ends', async (site) => {
    const alice = await standsAfter(site, (driver) => process.kill(driver.browser.pid, 'SIGKILL'));
    await until('the lease is over', async () => (await site.system.vehicle()).holder === null || null);
    await drivesAgain(site, alice);
  });

  scenario('the simulator is killed: the guardian halts with machine_lost and does not resume by itself', async (site) => {
    const alice = await site.arrive('alice');
    await alice.readies();
    await alice.drivesForward();
    await site.system.kill('sim');
    await alice.sees('the halt and its cause', (says) => says.cause === 'machine_lost' && says.state === 'Halt');
    await alice.letsGo();
    await site.system.restart('sim');
    await until('the simulator answers', () => site.truth.now().then(() => true, () => null));
    await never('the truck moves', async () => Math.abs((await site.truth.machine(site.vehicle)).speed_mps) > 0.02, { span: 2000 });
    assert.ok((await site.system.vehicle()).state.latch !== null, 'still latched');
  });
});
