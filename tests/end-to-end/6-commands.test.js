// Old pictures slow and stop; commands that are old, foreign or broken have no effect and are counted.

import assert from 'node:assert/strict';
import { scenario } from './scenario.js';
import { never, pause, until } from './waiting.js';

/** Runs in the page ahead of its scripts: every picture reaches it `window.pictureDelay` ms late, with its true stamp. */
function slowPictures() {
  window.pictureDelay = 0;
  const Original = window.MediaStreamTrackProcessor;
  window.MediaStreamTrackProcessor = class extends Original {
    get readable() {
      let open = true;
      const late = new TransformStream({
        transform(frame, controller) {
          setTimeout(() => (open ? controller.enqueue(frame) : frame.close()), window.pictureDelay);
        },
        flush() {
          open = false;
        },
      });
      return super.readable.pipeThrough(late);
    }
  };
}

scenario('the older the pictures, the slower the truck, until they stop it', {}, async ({ system, truth, vehicle, arrive }) => {
  const alice = await arrive('alice', { before: slowPictures });
  await alice.drivesForward(0.4);
  await alice.page.evaluate(() => (window.pictureDelay = 220));
  const seen = await until('a loop age near 0.3 s', async () => {
    const { state } = await system.vehicle();
    return state.loop_age_ms > 260 && state.loop_age_ms < 380 && state.state === 'Teleop' ? state : null;
  });
  assert.ok(seen.cap_mm_s <= (500 / seen.loop_age_ms) * 1000 + 50, `cap ${seen.cap_mm_s} mm/s at ${seen.loop_age_ms} ms`);
  for (let look = 0; look < 20; look += 1) {
    const { speed_mps } = await truth.machine(vehicle);
    assert.ok(speed_mps <= 0.5 / 0.22 + 0.1, `${speed_mps} m/s with pictures that are at least 0.22 s old`);
    await pause(50);
  }
  await alice.page.evaluate(() => (window.pictureDelay = 900));
  await alice.sees('a stop because of old pictures', ({ cause }) => cause === 'picture_old');
  await truth.atRest(vehicle);
});

scenario('a dead front camera stops the truck, a dead side camera harms nobody', { cameras: 4 }, async ({ truth, vehicle, arrive }) => {
  const alice = await arrive('alice');
  await alice.drivesForward();
  await truth.fault(vehicle, 'camera_dead:left', true);
  await until('the left picture ages', async () => (await alice.pictures()).some(({ camera, age }) => camera === 'left' && age > 1000) || null);
  assert.equal((await alice.says()).state, 'Teleop', 'still driven without the left camera');
  const others = (await alice.pictures()).filter(({ camera }) => camera !== 'left');
  assert.ok(others.every(({ age }) => age < 300), JSON.stringify(others));
  await truth.fault(vehicle, 'camera_dead:front', true);
  await alice.sees('a stop because of the front picture', ({ cause }) => cause === 'picture_old');
  await truth.atRest(vehicle);
});

scenario('the red button on the truck stops it, and only the truck resets it', {}, async ({ truth, vehicle, arrive }) => {
  const alice = await arrive('alice');
  await alice.drivesForward();
  await truth.fault(vehicle, 'emergency_stop', true);
  await alice.sees('the emergency stop', ({ state, cause }) => state === 'EStop' && cause === 'emergency_stop');
  await truth.atRest(vehicle);
  await truth.fault(vehicle, 'emergency_stop', false);
  await never('it moves after the reset', async () => Math.abs((await truth.machine(vehicle)).speed_mps) > 0.02, { span: 1500 });
});

/** Runs in the page ahead of its scripts: keeps the channel `now` and the last command that went over it. */
function keepCommands() {
  const send = RTCDataChannel.prototype.send;
  RTCDataChannel.prototype.send = function keep(data) {
    const bytes = new Uint8Array(ArrayBuffer.isView(data) ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) : data);
    const isCommand = this.label === 'now' && bytes[0] === 0xa1 && bytes[1] === 0x67;
    if (isCommand) {
      window.lastCommand = bytes;
      window.sendRaw = (raw) => send.call(this, raw);
    }
    return send.call(this, data);
  };
}

/** Sends a changed copy of the last command, and says which change it was. */
async function inject(page, change) {
  await page.evaluate((change) => {
    const bytes = window.lastCommand.slice();
    const at = (key) => {
      const text = [0x60 + key.length, ...new TextEncoder().encode(key)];
      return bytes.findIndex((_, start) => text.every((byte, offset) => bytes[start + offset] === byte)) + text.length;
    };
    if (change === 'boot') bytes[at('boot_id') + 1] ^= 0x5a;
    if (change === 'version') bytes[at('v')] = 9;
    if (change === 'trailing') return window.sendRaw(new Uint8Array([...bytes, 0xf6]));
    if (change === 'long') return window.sendRaw(new Uint8Array(1400).fill(0x80));
    return window.sendRaw(bytes);
  }, change);
}

scenario('commands that are old, foreign or broken have no effect and are counted', {}, async ({ system, truth, vehicle, arrive }) => {
  const alice = await arrive('alice', { before: keepCommands });
  await alice.drivesForward();
  await alice.letsGo();
  await truth.atRest(vehicle);
  const counted = async (reason) => (await system.vehicle()).state.rejected.find((entry) => entry.reason === reason)?.count ?? 0;
  for (const [change, reason] of [['replay', 'old_sequence'], ['boot', 'other_boot'], ['version', 'version']]) {
    const before = await counted(reason);
    await inject(alice.page, change);
    await until(`${change} is counted as ${reason}`, async () => (await counted(reason)) > before || null, {
      describe: async () => JSON.stringify((await system.vehicle()).state.rejected),
    });
  }
  await inject(alice.page, 'trailing');
  await inject(alice.page, 'long');
  await never('the truck moves', async () => Math.abs((await truth.machine(vehicle)).speed_mps) > 0.02, { span: 1000 });
  assert.equal((await system.vehicle()).connected, true, 'the vehicle is there after broken bytes');
  await alice.drivesForward();
});
