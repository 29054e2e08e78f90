// Bad input: each a clear error that names the mend.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { play, scenario } from './scenario.js';
import { programs } from './system.js';
import { pause } from './waiting.js';

/** Later than a safety tick may be (50 ms), and sooner than the machine's own watchdog acts (200 ms). */
const LATE_MS = 120;

/** Runs a program until it ends and returns what it said. */
function outcome(program, ...options) {
  const { status, stdout, stderr } = spawnSync(path.join(programs(), program), options, { encoding: 'utf8', timeout: 20_000 });
  return { status, said: `${stdout}${stderr}` };
}

for (const program of ['farhand-gateway', 'farhand-agent', 'farhand-guardian', 'farhand-sim']) {
  test(`${program} names the file that it cannot read`, () => {
    const { status, said } = outcome(program, '--config', '/nowhere/x.toml', '--check-config');
    assert.notEqual(status, 0);
    assert.match(said, /\/nowhere\/x\.toml/);
  });

  test(`${program} says its version and explains itself`, () => {
    assert.match(outcome(program, '--version').said, /\d+\.\d+\.\d+/);
    assert.match(outcome(program, '--help').said, /--config/);
  });
}

scenario('wrong values are named with file, line, value and what is allowed', {}, async ({ system, vehicle }) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'farhand-bad-'));
  const copy = async (from, to, line) => {
    const text = await readFile(path.join(system.folder, from), 'utf8');
    await writeFile(path.join(folder, to), line(text));
  };
  const same = (text) => text;
  const instead = (key, value) => (text) => text.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${value}`);
  const check = (program, file) => outcome(program, '--config', path.join(folder, file), '--check-config');
  try {
    for (const name of ['guardian.toml', 'agent.toml', 'profile.toml']) {
      await copy(path.join(vehicle, name), name, same);
    }
    await copy('gateway.toml', 'gateway.toml', same);
    for (const [program, file] of [['farhand-gateway', 'gateway.toml'], ['farhand-guardian', 'guardian.toml'], ['farhand-agent', 'agent.toml']]) {
      const fine = check(program, file);
      assert.deepEqual([fine.status, /fine/.test(fine.said)], [0, true], fine.said);
    }
    const cases = [
      ['farhand-gateway', 'gateway.toml', 'gateway.toml', instead('http_listen', '"0.0.0.0:8080"'),
        /gateway\.toml:\d+: http_listen is "0\.0\.0\.0:8080"; plain http is allowed on loopback only/],
      ['farhand-agent', path.join(vehicle, 'agent.toml'), 'agent.toml', instead('gateway_media', '"gateway"'),
        /agent\.toml:\d+: gateway_media is "gateway"; it must be host:port, for instance "gateway\.example:7443"/],
      ['farhand-guardian', path.join(vehicle, 'profile.toml'), 'profile.toml', (text) => `${text}\n[link]\ncommand_lost_after = "3s"\n`,
        /profile\.toml:\d+: link\.command_lost_after is "3s"; allowed 100ms to 500ms/],
      ['farhand-sim', 'sim.toml', 'sim.toml', instead('truth_listen', '"0.0.0.0:7500"'),
        /sim\.toml:\d+: truth_listen is "0\.0\.0\.0:7500"; allowed is a loopback address such as "127\.0\.0\.1:7500"/],
    ];
    for (const [program, from, to, line, why] of cases) {
      await copy(from, to, line);
      const { status, said } = check(program, to === 'profile.toml' ? 'guardian.toml' : to);
      assert.notEqual(status, 0, said);
      assert.match(said, why);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Somebody else's program that holds a port. */
async function squatter(protocol) {
  const held = protocol === 'TCP' ? createServer().listen(0, '127.0.0.1') : createSocket('udp4').bind(0, '127.0.0.1');
  await once(held, 'listening');
  return { port: held.address().port, leaves: () => held.close() };
}

const DOORS = { http_listen: 'TCP', https_listen: 'TCP', metrics_listen: 'TCP', control_listen: 'UDP', media_listen: 'UDP', ice_listen: 'UDP', quic_listen: 'UDP' };

for (const [key, protocol] of Object.entries(DOORS)) {
  test(`an occupied port for ${key} is named with its mend`, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'farhand-port-'));
    const { port, leaves } = await squatter(protocol);
    try {
      const lines = Object.keys(DOORS).map((door) => `${door} = "127.0.0.1:${door === key ? port : 0}"`);
      await writeFile(path.join(folder, 'gateway.toml'), `${lines.join('\n')}\n`);
      const { status, said } = outcome('farhand-gateway', '--config', path.join(folder, 'gateway.toml'));
      assert.notEqual(status, 0);
      const mend = `Choose another port for ${key}, or stop the program that holds it`;
      assert.match(said, new RegExp(`${key}: ${protocol} 127\\.0\\.0\\.1:${port} cannot be opened: .*in use.*${mend}`));
    } finally {
      leaves();
      await rm(folder, { recursive: true });
    }
  });
}

test('an occupied port of the simulator or of its network is named with its mend', async () => {
  const [tcp, udp] = [await squatter('TCP'), await squatter('UDP')];
  const folder = await mkdtemp(path.join(tmpdir(), 'farhand-port-'));
  try {
    await writeFile(path.join(folder, 'profile.toml'), 'kind = "counterbalance-truck"\ncameras = []\n');
    const machine = 'name = "truck-1"\nprofile = "profile.toml"\nsocket = "machine.sock"\nvideo_folder = "video"\nx_m = 6.0\ny_m = 4.0\n';
    await writeFile(path.join(folder, 'sim.toml'), `truth_listen = "127.0.0.1:${tcp.port}"\n\n[[machines]]\n${machine}`);
    const tries = [
      [['--config', path.join(folder, 'sim.toml')], new RegExp(`truth_listen.*127\\.0\\.0\\.1:${tcp.port}.*in use`)],
      [['net', '--route', `control=127.0.0.1:${udp.port}=127.0.0.1:9`], new RegExp(`control.*127\\.0\\.0\\.1:${udp.port}.*in use`)],
      [['net', '--route', 'control=127.0.0.1:0=127.0.0.1:9', '--status', `127.0.0.1:${tcp.port}`], new RegExp(`127\\.0\\.0\\.1:${tcp.port}.*in use`)],
    ];
    for (const [options, why] of tries) {
      const { status, said } = outcome('farhand-sim', ...options);
      assert.notEqual(status, 0, said);
      assert.match(said, why);
    }
  } finally {
    tcp.leaves();
    udp.leaves();
    await rm(folder, { recursive: true });
  }
});

test('a stop by a late safety tick fails the test that saw it', async () => {
  const failed = play({}, async ({ system, truth, vehicle, arrive }) => {
    const alice = await arrive('alice');
    await alice.drivesForward();
    const guardian = system.doors.pids[`guardian-${vehicle}`];
    process.kill(guardian, 'SIGSTOP');
    await pause(LATE_MS);
    process.kill(guardian, 'SIGCONT');
    // This body itself is content: the page is not looked at, and the truck stands.
    await truth.atRest(vehicle);
  });
  await assert.rejects(failed, /truck-1 stopped because its safety tick ran late/);
});
