// Old pictures slow and stop; commands that are old, foreign or broken have no effect and are counted.

import assert from 'node:assert/strict';
import { keepCommands, lastCommand, sendRaw, valueAt } from './channel.js';
import { drivesOnDuring } from './driving-on.js';
import { scenario, scenarios } from './scenario.js';
import { never, pause, until } from './waiting.js';

/** The vehicle rounds the age to milliseconds and the cap to millimetres a second. */
const ROUNDING_MM_S = 10;

/** `unlocalised_speed_mps` of a profile that says nothing of it. */
const UNLOCALISED_MM_S = 1000;

/** How many commands the vehicle gave no effect for this reason. */
async function rejected(system, reason) {
  return (await system.vehicle()).state.rejected.find((entry) => entry.reason === reason)?.count ?? 0;
}

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

/** In the page: every command from now on names pictures that the truck never took, each a hundred-thousandth of a second off. */
function nameUnknownPictures() {
  const key = [0x63, ...new TextEncoder().encode('rtp'), 0x1a];
  window.beforeSent = (bytes) => {
    for (let at = 0; at + key.length + 4 <= bytes.length; at += 1) {
      if (key.every((byte, offset) => bytes[at + offset] === byte)) {
        bytes[at + key.length + 3] ^= 1;
      }
    }
  };
}

/** A changed copy of a command. */
function changed(command, change) {
  const bytes = [...command];
  if (change === 'boot') bytes[valueAt(bytes, 'boot_id') + 1] ^= 0x5a;
  if (change === 'version') bytes[valueAt(bytes, 'v')] = 9;
  // A number below 24 is one byte.
  if (change === 'epoch') bytes[valueAt(bytes, 'epoch')] -= 1;
  const more = { trailing: 1, long: 1100, longer: 60_000 }[change] ?? 0;
  return [...bytes, ...new Array(more).fill(0)];
}

scenarios('pictures and commands', {}, (scenario) => {
  scenario('the older the pictures, the slower the truck, until they stop it', async ({ system, truth, vehicle, arrive }) => {
    const alice = await arrive('alice', { before: slowPictures });
    await alice.readies();
    await alice.drivesForward(0.4);
    await alice.page.evaluate(() => (window.pictureDelay = 220));
    const driven = async () => {
      const { state } = await system.vehicle();
      return { ...state, speed_mps: (await truth.machine(vehicle)).speed_mps };
    };
    await until('a truck as fast as its pictures of 0.3 s allow', async () => {
      const now = await driven();
      return now.loop_age_ms > 260 && now.cap_mm_s < 2000 && now.speed_mps > 0.9 * (now.cap_mm_s / 1000) ? now : null;
    }, { describe: async () => JSON.stringify(await driven()) });
    // A cap that falls is followed as fast as the truck brakes: what it was half a second ago must be kept now.
    const caps = [];
    for (let look = 0; look < 20; look += 1) {
      const { cap_mm_s, loop_age_ms, speed_mps } = await driven();
      caps.push(cap_mm_s);
      const kept = Math.max(...caps.slice(-10));
      assert.ok(cap_mm_s <= 500_000 / loop_age_ms + ROUNDING_MM_S, `cap ${cap_mm_s} mm/s at ${loop_age_ms} ms`);
      assert.ok(speed_mps <= 0.5 / 0.26 + 0.05, `${speed_mps} m/s with pictures that are about 0.3 s old`);
      assert.ok(look < 10 || speed_mps <= kept / 1000 + 0.1, `${speed_mps} m/s under caps of ${caps} mm/s`);
      await pause(50);
    }
    await alice.page.evaluate(() => (window.pictureDelay = 900));
    await alice.sees('a stop because of old pictures', ({ cause }) => cause === 'picture_old');
    await truth.atRest(vehicle);
  });

  scenario('pictures that the truck never took stop it', async ({ system, truth, vehicle, arrive }) => {
    const alice = await arrive('alice', { before: keepCommands });
    await alice.readies();
    await alice.drivesForward();
    const before = await rejected(system, 'picture_unknown');
    await alice.page.evaluate(nameUnknownPictures);
    await alice.sees('a stop because of unknown pictures', ({ cause }) => cause === 'picture_unknown');
    await truth.atRest(vehicle);
    assert.ok((await rejected(system, 'picture_unknown')) > before, 'they are counted');
  });

  scenario('commands that are old, foreign or broken have no effect and are counted with their reason', async ({ system, truth, vehicle, arrive }) => {
    const wanda = await arrive('wanda', { before: keepCommands });
    await wanda.seesPictures();
    const alice = await arrive('alice', { before: keepCommands });
    await alice.readies();
    await alice.drivesForward();
    await alice.letsGo();
    await truth.atRest(vehicle);
    const refused = (reason) => system.figure('farhand_commands_refused_total', `reason="${reason}"`);
    const malformed = (reason) => system.figure('farhand_malformed_total', `reason="${reason}"`);
    // The watcher's are the holder's own words out of the wrong mouth. What is too long comes from her too: a page whose
    // channel is busy with such a thing cannot drive.
    const cases = [
      [alice, 'replay', 'old_sequence', (reason) => rejected(system, reason)],
      [alice, 'boot', 'other_boot', (reason) => rejected(system, reason)],
      [alice, 'version', 'version', (reason) => rejected(system, reason)],
      [alice, 'epoch', 'old_epoch', refused],
      [alice, 'trailing', 'trailing', malformed],
      [wanda, 'replay', 'no_lease', refused],
      [wanda, 'long', 'too_long', malformed],
      [wanda, 'longer', 'too_long', malformed],
    ];
    await drivesOnDuring(alice, async () => {
      for (const [person, change, reason, counted] of cases) {
        const before = await counted(reason);
        await sendRaw(person.page, changed(await lastCommand(alice.page), change));
        await until(`${change} is counted as ${reason}`, async () => (await counted(reason)) > before || null, {
          describe: async () => JSON.stringify((await system.vehicle()).state.rejected),
        });
      }
    });
    assert.equal((await system.vehicle()).connected, true, 'the vehicle is there after broken bytes');
  });

  scenario('a truck that has lost its place goes on, and slowly', async ({ truth, vehicle, arrive }) => {
    const alice = await arrive('alice');
    await alice.readies();
    await alice.drivesForward(UNLOCALISED_MM_S / 1000 + 0.3);
    await truth.fault(vehicle, 'place_lost', true);
    await alice.sees('the lower cap', ({ state, cap }) => state === 'Teleop' && cap <= UNLOCALISED_MM_S);
    await alice.sees('a slower truck that is still driven', ({ state, speed }) => state === 'Teleop' && speed > 0 && speed <= UNLOCALISED_MM_S + 50);
    assert.match(await alice.page.innerText('.figures'), /does not know where it is/);
    await truth.fault(vehicle, 'place_lost', false);
    await alice.sees('a cap that has risen again', ({ state, cap }) => state === 'Teleop' && cap > UNLOCALISED_MM_S);
    await alice.letsGo();
  });

  // The last one: its stop is reset at the truck and cleared by nobody.
  scenario('the red button on the truck stops it, and only the truck resets it', async ({ truth, vehicle, arrive }) => {
    const alice = await arrive('alice');
    await alice.readies();
    await alice.drivesForward();
    await truth.fault(vehicle, 'emergency_stop', true);
    await alice.sees('the emergency stop', ({ state, cause }) => state === 'EStop' && cause === 'emergency_stop');
    await truth.atRest(vehicle);
    await truth.fault(vehicle, 'emergency_stop', false);
    await never('it moves after the reset', async () => Math.abs((await truth.machine(vehicle)).speed_mps) > 0.02, { span: 1500 });
  });
});

scenario('a dead side camera harms nobody, a dead front camera stops the truck', { cameras: 3 }, async ({ truth, vehicle, arrive }) => {
  const alice = await arrive('alice');
  await alice.drivesForward();
  await truth.fault(vehicle, 'camera_dead:left', true);
  await until('the left picture ages', async () => (await alice.pictures()).some(({ camera, age }) => camera === 'left' && age > 1000) || null);
  assert.equal((await alice.says()).state, 'Teleop', 'still driven without the left camera');
  const others = (await alice.pictures()).filter(({ camera }) => camera !== 'left');
  assert.ok(others.every(({ age }) => age < 300), JSON.stringify(others));
  await truth.fault(vehicle, 'camera_dead:front', true);
  // Which of the two is first depends on how fast it was: nothing new over 0.10 m for 300 ms, or nothing for 600 ms.
  await alice.sees('a stop because of the front picture', ({ cause }) => ['picture_frozen', 'picture_old'].includes(cause));
  await truth.atRest(vehicle);
});

scenario('a front picture that stands still under fresh stamps stops the truck, a side picture does not', { cameras: 3 }, async ({ truth, vehicle, arrive }) => {
  const alice = await arrive('alice');
  await drivesOnDuring(alice, async () => {
    await truth.fault(vehicle, 'camera_frozen:left', true);
    await pause(1500);
  });
  await truth.fault(vehicle, 'camera_frozen:left', false);
  await alice.drivesForward();
  await truth.fault(vehicle, 'camera_frozen:front', true);
  await alice.sees('a stop because of the front picture', ({ cause }) => cause === 'picture_frozen');
  const front = (await alice.pictures()).find(({ camera }) => camera === 'front');
  assert.ok(front.age < 300, `its stamps are fresh all the while: ${front.age} ms`);
  await truth.atRest(vehicle);
  await truth.fault(vehicle, 'camera_frozen:front', false);
  await alice.letsGo();
  await alice.rearms();
  await alice.drivesForward();
});

scenario('front and rear pictures exchanged under fresh stamps stop the truck, and it drives on when they are where they belong', {}, async ({ system, truth, vehicle, arrive }) => {
  const alice = await arrive('alice');
  await drivesOnDuring(alice, () => pause(2000));
  await alice.drivesForward(1);
  await truth.fault(vehicle, 'swap_cameras:front:rear', true);
  await alice.sees('a stop because of the exchanged pictures', ({ cause }) => cause === 'picture_swapped');
  const { state } = await system.vehicle();
  assert.deepEqual(state.swapped, [0, 1], 'both are named');
  const needed = (await alice.pictures()).filter(({ camera }) => camera === 'front' || camera === 'rear');
  assert.ok(needed.every(({ age }) => age < 300), `their stamps are fresh all the while: ${JSON.stringify(needed)}`);
  await truth.atRest(vehicle);
  await truth.fault(vehicle, 'swap_cameras:front:rear', false);
  await alice.letsGo();
  await alice.rearms();
  await drivesOnDuring(alice, () => pause(2000));
});
