// A camera that cannot be used is named with its element and the mend, and the others go on.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { useSources } from './clip.js';
import { drivesOnDuring } from './driving-on.js';
import { scenarios } from './scenario.js';
import { programs } from './system.js';
import { until } from './waiting.js';

/** What a truck with working cameras needs of GStreamer. */
const NEEDED = ['coreelements', 'app', 'shm', 'videoconvertscale', 'videoconvert', 'videoscale', 'videotestsrc', 'x264'];

/** A machine on which only some of GStreamer is installed. */
async function machineWith(folder, plugins) {
  const { stdout } = spawnSync('pkg-config', ['--variable=pluginsdir', 'gstreamer-1.0'], { encoding: 'utf8' });
  const installed = stdout.trim();
  await mkdir(folder);
  const wanted = plugins.map((plugin) => `libgst${plugin}.so`);
  for (const file of (await readdir(installed)).filter((file) => wanted.includes(file))) {
    await symlink(path.join(installed, file), path.join(folder, file));
  }
  return { ...process.env, NO_COLOR: '1', GST_PLUGIN_SYSTEM_PATH_1_0: folder, GST_REGISTRY_1_0: path.join(folder, 'registry.bin') };
}

const agent = (system, vehicle, ...options) => [
  path.join(programs(), 'farhand-agent'), ['--config', path.join(system.folder, vehicle, 'agent.toml'), ...options],
];

/** What the doctor says, line by line, and with which status it ends. */
async function doctor(system, vehicle, env) {
  const { child, said } = startAgent(system, vehicle, env, 'doctor');
  const [status] = await once(child, 'close');
  return { status, said: said() };
}

/** The truck's agent on such a machine; `said()` is what it has said so far. */
function startAgent(system, vehicle, env, ...options) {
  const child = spawn(...agent(system, vehicle, ...options), { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => (said += data));
  return { child, said: () => said };
}

/** Takes the truck's own agent away, unless an earlier test did. */
async function withoutAgent(system, vehicle) {
  if (system.runs(`agent-${vehicle}`)) {
    await system.kill(`agent-${vehicle}`);
  }
}

const NOBODY_HAS = /camera left: its source uses nosuchsrc, which this machine does not have\. No package known here has it; check the spelling with gst-inspect-1\.0/;
const NOT_INSTALLED = /camera right: its source uses v4l2src, which this machine does not have\. Install it: apt-get install gstreamer1\.0-plugins-good/;

scenarios('cameras that cannot be used', { cameras: 4 }, (scenario) => {
  scenario('cameras with an unknown source or a missing element are named, and the truck is driven by the others', async ({ system, vehicle, arrive }) => {
    const env = await machineWith(path.join(system.folder, 'plugins'), NEEDED);
    await withoutAgent(system, vehicle);
    const broken = { left: 'nosuchsrc', right: 'v4l2src' };
    await useSources(system, vehicle, (camera, old) => broken[camera] ?? old);
    const { child, said } = startAgent(system, vehicle, env);
    try {
      for (const why of [NOBODY_HAS, NOT_INSTALLED]) {
        await until(`the agent says ${why}`, () => why.test(said()), { describe: said });
      }
      const alice = await arrive('alice');
      alice.enough = 2;
      const told = await drivesOnDuring(alice, async () => {
        const { status, said } = await doctor(system, vehicle, env);
        assert.equal(status, 1, said);
        return said;
      });
      for (const line of [/^ok {5}camera front: gives pictures$/m, /^ok {5}camera rear: gives pictures$/m]) {
        assert.match(told, line);
      }
      for (const why of [NOBODY_HAS, NOT_INSTALLED]) {
        assert.match(told, new RegExp(`^wrong  ${why.source}`, 'm'));
      }
      const without = (await alice.pictures()).filter(({ age }) => age === null).map(({ camera }) => camera);
      assert.deepEqual(without, ['left', 'right'], 'the page shows which pictures are not there');
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
  });

  scenario('the doctor and the agent name what is missing, and what is wrong with each source', async ({ system, vehicle }) => {
    await withoutAgent(system, vehicle);
    const bare = await machineWith(path.join(system.folder, 'bare'), NEEDED.filter((plugin) => plugin !== 'x264'));
    const missing = /GStreamer element x264enc is missing\. Install it: apt-get install gstreamer1\.0-plugins-ugly/;
    const unable = await doctor(system, vehicle, bare);
    assert.equal(unable.status, 1);
    assert.match(unable.said, missing);
    const { child, said } = startAgent(system, vehicle, bare);
    const [status] = await once(child, 'close');
    assert.notEqual(status, 0);
    assert.match(said(), missing);

    const sources = {
      front: 'videotestsrc pattern=nonsense',
      rear: 'v4l2src device=/dev/video99',
      right: 'videotestsrc ! fakesink',
      left: 'shmsrc socket-path=/nowhere.shm ! video/x-raw,format=I420,width=640,height=360,framerate=30/1',
    };
    await useSources(system, vehicle, (camera) => sources[camera]);
    const told = await doctor(system, vehicle, { ...process.env, NO_COLOR: '1' });
    assert.equal(told.status, 1);
    assert.match(told.said, /^wrong  camera front: its source cannot be read: .*pattern.* Try it by hand: gst-launch-1\.0 SOURCE ! fakesink/m);
    assert.match(told.said, /^wrong  camera rear: v4l2src failed: [^.]*\. Check that the device exists/m);
    assert.match(told.said, /^wrong  camera left: shmsrc failed: .* Start the program that offers this shared memory, and compare socket-path/m);
    assert.match(told.said, /^wrong  camera right: its source cannot be read: could not link/m);
  });
});
