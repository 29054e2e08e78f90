// What must survive a crash, a restored backup and a lost file.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { keepCommands, lastCommand, sendRaw, valueAt } from './channel.js';
import { scenarios } from './scenario.js';
import { programs } from './system.js';
import { never, until } from './waiting.js';

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

scenarios('records', {}, (scenario) => {
  scenario('a killed gateway loses no row that was acknowledged', async (site) => {
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

  scenario('an old database is restored: epochs still rise, and driving is possible', async (site) => {
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

  scenario('a lost state file is a latched halt that a person can clear', async (site) => {
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

  scenario('commands kept from before a restart of the guardian have no effect after it', async (site) => {
    const { system, truth, vehicle, arrive } = site;
    const alice = await arrive('alice', { before: keepCommands });
    await alice.readies();
    await alice.drivesForward();
    const kept = await lastCommand(alice.page);
    await system.kill(`guardian-${vehicle}`);
    await truth.atRest(vehicle);
    await system.restart(`guardian-${vehicle}`);
    await until('the new guardian speaks', async () => {
      const { connected, state } = await system.vehicle();
      return connected && state?.causes.includes('restarted');
    });
    await alice.letsGo();
    await alice.rearms();
    await alice.enables();

    // The old bytes, and the same under the lease of today: the gateway refuses the one, the guardian the other.
    const count = () => system.figure('farhand_commands_refused_total', 'reason="old_epoch"');
    const before = await count();
    await sendRaw(alice.page, kept);
    await until('the gateway refuses the old lease', async () => (await count()) > before);
    const { epoch } = (await system.vehicle()).state;
    assert.ok(epoch < 24, 'a small number is one byte');
    const today = kept.slice();
    today[valueAt(today, 'epoch')] = epoch;
    await sendRaw(alice.page, today);
    const refused = await until('the guardian refuses the old boot', async () =>
      (await system.vehicle()).state.rejected.find(({ reason }) => reason === 'other_boot'));
    assert.ok(refused.count > 0);
    await never('the truck moves', async () => Math.abs((await truth.machine(vehicle)).speed_mps) > 0.02, { span: 1000 });
    await alice.drivesForward();
  });
});
