// What must survive a crash, a restored backup and a lost file.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { scenario } from './scenario.js';
import { programs } from './system.js';
import { until } from './waiting.js';

/** Waits until the vehicle is back at a gateway that was started again. */
async function connectedAgain(system) {
  system.forgetSessions();
  return until('the truck is connected', async () => {
    const view = await system.vehicle().catch(() => null);
    return view?.connected && view.state ? view : null;
  });
}

/** Re-arms where a stop is latched, and drives. */
async function drives({ truth, vehicle, arrive }) {
  const alice = await arrive('alice');
  await alice.seesPictures();
  const { state } = await alice.says();
  if (state === 'Halt' || state === 'SafeStop') {
    await alice.rearms();
  }
  await alice.drivesForward();
  await alice.letsGo();
  await truth.atRest(vehicle);
  await alice.leaves();
}

scenario('a killed gateway loses no row that was acknowledged', {}, async (site) => {
  const { system } = site;
  await drives(site);
  const rows = async () => (await system.api('admin', 'GET', '/api/v1/journal?limit=200')).json();
  const before = await rows();
  assert.ok(JSON.stringify(before).includes('lease'), 'leases are in the journal');
  await system.kill('gateway');
  await system.restart('gateway');
  await connectedAgain(system);
  const after = JSON.stringify(await rows());
  for (const row of before) {
    assert.ok(after.includes(JSON.stringify(row)), `lost: ${JSON.stringify(row)}`);
  }
  const config = path.join(system.folder, 'gateway.toml');
  const { status, stdout } = spawnSync(path.join(programs(), 'farhand-gateway'), ['--config', config, 'journal', 'verify'], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /whole/);
});

scenario('an old database is restored: epochs still rise, and driving is possible', {}, async (site) => {
  const { system } = site;
  const [data, backup] = [path.join(system.folder, 'data'), path.join(system.folder, 'backup')];
  await system.kill('gateway');
  await cp(data, backup, { recursive: true });
  await system.restart('gateway');
  await connectedAgain(system);
  await drives(site);
  const { epoch } = (await system.vehicle()).state;
  await system.kill('gateway');
  await rm(data, { recursive: true });
  await cp(backup, data, { recursive: true });
  await system.restart('gateway');
  await connectedAgain(system);
  await drives(site);
  assert.ok((await system.vehicle()).state.epoch > epoch, `the epoch rose above ${epoch}`);
});

scenario('a lost state file is a latched halt that a person can clear', {}, async (site) => {
  const { system, vehicle } = site;
  await drives(site);
  await system.kill(`guardian-${vehicle}`);
  await rm(path.join(system.folder, vehicle, 'guardian.state'));
  await system.restart(`guardian-${vehicle}`);
  const { state } = await until('the new guardian speaks', async () => {
    const view = await system.vehicle();
    return view.connected && view.state?.causes.includes('state_file_lost') ? view : null;
  });
  assert.notEqual(state.latch, null);
  await drives(site);
});
