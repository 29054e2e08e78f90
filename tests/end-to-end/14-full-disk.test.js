// The gateway's disk is full: nobody takes control, and the page says why; pictures and the stop go on.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { play } from './scenario.js';
import { programs } from './system.js';
import { until } from './waiting.js';

/** Room for the database, and for no more than a few minutes of rows. */
const DISK = '16m';
/** A gateway whose data folder is a small disk of its own, which only it and its root directory in /proc can see. */
const SMALL_DISK = `set -e
mount -t tmpfs -o size=${DISK},mode=700 tmpfs "$2"
cp -a "$3/." "$2"
exec "$0" --config "$1"`;
const mayMount = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

/** Starts it in place of the system's own, and waits until it answers and knows the truck. */
async function onSmallDisk(system) {
  const [data, before] = [path.join(system.folder, 'data'), path.join(system.folder, 'before')];
  await system.kill('gateway');
  await cp(data, before, { recursive: true });
  const program = [path.join(programs(), 'farhand-gateway'), path.join(system.folder, 'gateway.toml'), data, before];
  const child = spawn('unshare', ['-Urm', 'bash', '-c', SMALL_DISK, ...program], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  system.forgetSessions();
  await until('the truck is back', async () => (await system.vehicle().catch(() => null))?.connected, { describe: () => said });
  return { child, said: () => said, filler: path.join('/proc', String(child.pid), 'root', data, 'filler') };
}

/** Writes until nothing more fits. */
async function fill(path) {
  const file = await open(path, 'w');
  const full = async (bytes) => file.write(Buffer.alloc(bytes)).then(({ bytesWritten }) => bytesWritten === 0, ({ code }) => code === 'ENOSPC');
  for (const bytes of [1 << 20, 4096, 1]) {
    while (!(await full(bytes)));
  }
  await file.close();
}

test('a full disk: nobody takes control and the page says why, pictures and the stop go on, and freeing it mends it', {
  timeout: 180_000,
  skip: mayMount ? false : 'this machine lets nobody mount a small disk (unshare -Urm)',
}, (report) => play({}, async ({ system, truth, vehicle, arrive }) => {
  // She logs in before: what is done beside the gateway on the small disk would not see that disk.
  const alice = await arrive('alice');
  await alice.seesPictures();
  const { child, said, filler } = await onSmallDisk(system);
  try {
    await alice.readies();
    await fill(filler);
    const telling = () => alice.page.evaluate(() => document.body.innerText);
    await until('the page says why nobody takes control', async () => {
      await alice.page.keyboard.press('Enter');
      return /journal cannot be written, so nobody may take control\. Free space where the gateway keeps its data/.test(await telling());
    }, { every: 250, describe: telling });
    assert.equal((await system.vehicle()).holder, null);
    await alice.seesPictures();

    await alice.page.keyboard.press(' ');
    await alice.sees('the stop', ({ state, cause }) => state === 'Halt' && cause === 'remote_stop');
    await truth.atRest(vehicle);

    await rm(filler);
    await alice.rearms();
    await alice.drivesForward();
    assert.match(said(), /disk of the data folder is full/, 'the log says it as well');
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}, report));
