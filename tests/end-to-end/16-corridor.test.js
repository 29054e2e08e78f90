// The floor of the stop is shown before it is needed, and the stop stays on it: with the wheel turned, too.

import assert from 'node:assert/strict';
import { leftTheFloor, trackOf } from './corridor.js';
import { seesStop } from './link-cut.js';
import { scenarios } from './scenario.js';
import { until } from './waiting.js';

/** safety.md 3.2: the swept floor lies in the union of the corridors of the last half second, grown by this. */
const GROWN_M = 0.1;
/** The simulator notes the place at each of a hundred commands a second; a truck at 2 m/s drives this far between two. */
const NOTED_M = 0.02;

/** So many looks, one after the other, at a wheel that did not move. */
const RESTED = 12;

const shownCorridors = (operator) => operator.page.evaluate(() => window.farhandProbe.corridors());

/** Pixels of the large picture that have the colour of the corridor's edge. */
const edgePixels = (operator) =>
  operator.page.evaluate(() => {
    const canvas = document.querySelector('figure.main canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) {
      found += Math.abs(data[at] - 0x8f) < 24 && Math.abs(data[at + 1] - 0xd3) < 24 && Math.abs(data[at + 2] - 0xc8) < 24 ? 1 : 0;
    }
    return found;
  });

/**
 * Drives forward and turns left until the wheel is where it is wanted, and was for a while: the page is to show where a hand that
 * rests leads. What a hand did after the last picture that arrived no page can show (`cargo xtask losses` says how far that is).
 */
async function drivesACurve({ truth, vehicle }, operator) {
  await operator.drivesForward(1.0);
  await operator.page.keyboard.down('a');
  let [rested, last] = [0, null];
  await until('the truck turns with a wheel that rests', async () => {
    const { steering_mrad } = await truth.machine(vehicle);
    rested = last !== null && Math.abs(steering_mrad) > 300 && Math.abs(steering_mrad - last) <= 2 ? rested + 1 : 0;
    last = steering_mrad;
    return rested >= RESTED || null;
  });
}

/** When a truck that was driven since then began to brake by itself, by the simulator's clock. */
const brakes = (site, since_us) =>
  until('the truck brakes by itself', async () => {
    const commands = await site.truth.actuators(site.vehicle, since_us);
    const drove = commands.findIndex(({ speed_mm_s }) => speed_mm_s > 0);
    const braking = drove >= 0 && commands.slice(drove).find((command) => command.safe_stop && command.brake_mm_s2 > 0);
    return braking ? braking.at_us : null;
  });

/** Waits until a truck that was driven since then stands, and returns the commands of its stop. */
async function staysOnTheShownFloor(site, operator, since_us) {
  const { system, truth, vehicle } = site;
  const began_us = await brakes(site, since_us);
  const shown = await shownCorridors(operator);
  await truth.atRest(vehicle);
  const places = await trackOf(truth, vehicle, since_us);
  const { farthest, corridors, places: noted } = leftTheFloor((await system.vehicle()).outline, places, shown, began_us);
  console.log(`      the truck left the shown floor by ${farthest.toFixed(3)} m (${corridors} corridors, ${noted} places)`);
  assert.ok(corridors >= 5, `only ${corridors} corridors were shown in the half second before`);
  assert.ok(noted >= 30, `the truck was noted at ${noted} places only`);
  assert.ok(farthest <= GROWN_M + NOTED_M, `it left the shown floor by ${farthest} m`);
  assert.equal((await truth.machine(vehicle)).contacts, 0, 'it touched nothing');
  return truth.actuators(vehicle, began_us - 1);
}

scenarios('the floor of the stop', { scanners: true, net: 'clean' }, (scenario) => {
  scenario('is drawn on the picture and from above while the truck is driven', async (site) => {
    const alice = await site.arrive('alice');
    await alice.readies();
    await alice.drivesForward(1.5);
    await until('the corridor from above', async () => (await alice.page.$('[data-corridor=ready] polygon')) !== null || null);
    await until('the corridor on the picture', async () => (await edgePixels(alice)) > 100 || null, {
      describe: async () => `${await edgePixels(alice)} pixels of its edge`,
    });
    const [{ age_ms }] = (await shownCorridors(alice)).slice(-1);
    assert.ok(age_ms <= 300, `proved ${age_ms} ms before`);
    await alice.letsGo();
  });

  // Only the way to the truck is lost: the page is shown everything that was sent until the stop began, as safety.md 3.2 has it.
  scenario('holds the stop after a link lost in a curve', async (site) => {
    const { system, truth, vehicle, net } = site;
    const alice = await site.arrive('alice');
    await alice.readies();
    const { time_us } = await truth.now();
    await drivesACurve(site, alice);
    await net.cutToVehicles();
    await staysOnTheShownFloor(site, alice, time_us);
    await alice.letsGo();
    await net.restore();
    await seesStop(alice);
  });

  scenario('holds the stop of a truck whose agent is killed in a curve, within what the load allows', async (site) => {
    const { system, truth, vehicle } = site;
    const alice = await site.arrive('alice');
    await alice.readies();
    const { time_us } = await truth.now();
    await drivesACurve(site, alice);
    await system.kill(`agent-${vehicle}`);
    const stop = await staysOnTheShownFloor(site, alice, time_us);
    const hardest = Math.max(...stop.map(({ brake_mm_s2 }) => brake_mm_s2));
    assert.ok(hardest <= LOAD_SAFE_MM_S2, `braked with ${hardest} mm/s2`);
    await alice.letsGo();
    await system.restart(`agent-${vehicle}`);
  });
});

/** What the load bears with the forks at the height in which they are carried. */
const LOAD_SAFE_MM_S2 = 1800;
