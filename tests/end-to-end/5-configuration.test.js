// Bad input: each a clear error that names the mend.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { scenario } from './scenario.js';
import { programs } from './system.js';

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
  try {
    const source = path.join(system.folder, vehicle);
    await cp(path.join(source, 'guardian.toml'), path.join(folder, 'guardian.toml'));
    const profile = await readFile(path.join(source, 'profile.toml'), 'utf8');
    await writeFile(path.join(folder, 'profile.toml'), `${profile}\n[link]\ncommand_lost_after = "3s"\n`);
    const { status, said } = outcome('farhand-guardian', '--config', path.join(folder, 'guardian.toml'), '--check-config');
    assert.notEqual(status, 0);
    assert.match(said, /profile\.toml:\d+: link\.command_lost_after is "3s"; allowed 100ms to 500ms/);

    await copyFile(path.join(system.folder, 'gateway.toml'), path.join(folder, 'gateway.toml'));
    const fine = outcome('farhand-gateway', '--config', path.join(folder, 'gateway.toml'), '--check-config');
    assert.deepEqual([fine.status, /fine/.test(fine.said)], [0, true], fine.said);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an occupied port is named with its mend', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'farhand-port-'));
  const squatter = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => squatter.once('listening', listening));
  try {
    const { port } = squatter.address();
    const free = () => 'listen = "127.0.0.1:0"';
    await writeFile(
      path.join(folder, 'gateway.toml'),
      `http_listen = "127.0.0.1:${port}"\ncontrol_${free()}\nmedia_${free()}\nice_${free()}\npublic_addresses = ["127.0.0.1"]\nnames = ["localhost"]\ndata_folder = "data"\n`,
    );
    const { status, said } = outcome('farhand-gateway', '--config', path.join(folder, 'gateway.toml'));
    assert.notEqual(status, 0);
    assert.match(said, new RegExp(`http_listen[^\\n]*${port}|${port}[^\\n]*in use`));
  } finally {
    squatter.close();
    await rm(folder, { recursive: true });
  }
});
