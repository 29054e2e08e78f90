// The floor of the stop is shown before it is needed, and the stop stays on it: with the wheel turned, too.

import assert from 'node:assert/strict';
import { Track, leftTheFloor } from './corridor.js';
import { cut, seesStop } from './link-cut.js';
import { scenarios } from './scenario.js';
import { pause, until } from './waiting.js';

/** safety.md 3.2: the swept floor lies in the union of the corridors of the last half second, grown by this. */
const GROWN_M = 0.1;
/** The ground truth is asked some hundred times a second; a truck at 2 m/s drives this far between two answers. */
const NOTED_M = 0.02;

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

/** Drives forward and turns left until the truck really turns. */
async function drivesACurve({ truth, vehicle }, operator) {
  await operator.drivesForward(1.0);
  await operator.page.keyboard.down('a');
  const before = (await truth.machine(vehicle)).heading_rad;
  await until('the truck turns', async () => Math.abs((await truth.machine(vehicle)).heading_rad - before) > 0.15 || null);
}

async function staysOnTheShownFloor(site, operator, track, shown) {
  await site.truth.atRest(site.vehicle);
  await pause(100);
  const places = await track.end();
  const { outline } = await site.system.vehicle();
  const { farthest, corridors, places: noted } = leftTheFloor(outline, places, shown);
  console.log(`      the truck left the shown floor by ${farthest.toFixed(3)} m (${corridors} corridors, ${noted} places)`);
  assert.ok(corridors >= 5 && noted >= 30, `${corridors} corridors, ${noted} places`);
  assert.ok(farthest <= GROWN_M + NOTED_M, `it left the shown floor by ${farthest} m`);
  assert.equal((await site.truth.machine(site.vehicle)).contacts, 0, 'it touched nothing');
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

  scenario('holds the stop after a link lost in a curve', async (site) => {
    const alice = await site.arrive('alice');
    await alice.readies();
    const track = Track.begin(site.truth, site.vehicle);
    await drivesACurve(site, alice);
    await cut(site);
    await staysOnTheShownFloor(site, alice, track, await shownCorridors(alice));
    await alice.letsGo();
    await site.net.restore();
    await seesStop(alice);
  });

  scenario('holds the stop of a truck whose agent is killed in a curve, within what the load allows', async (site) => {
    const { system, truth, vehicle } = site;
    const alice = await site.arrive('alice');
    await alice.readies();
    const track = Track.begin(truth, vehicle);
    await drivesACurve(site, alice);
    const began = (await truth.now()).time_us;
    await system.kill(`agent-${vehicle}`);
    await staysOnTheShownFloor(site, alice, track, await shownCorridors(alice));
    const hardest = Math.max(...(await truth.actuators(vehicle, began)).map(({ brake_mm_s2 }) => brake_mm_s2));
    assert.ok(hardest <= LOAD_SAFE_MM_S2, `braked with ${hardest} mm/s2`);
    await alice.letsGo();
    await system.restart(`agent-${vehicle}`);
  });
});

/** What the load bears with the forks at the height in which they are carried. */
const LOAD_SAFE_MM_S2 = 1800;
