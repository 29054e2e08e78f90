// Pictures that get lost on the way from the truck to the gateway: what is shown is whole, or it stands still and ages.

import assert from 'node:assert/strict';
import { clipWatcher, playClip, smearedPicture } from './clip.js';
import { scenario } from './scenario.js';
import { until } from './waiting.js';

const CAMERAS = ['front', 'rear'];
/** Enough losses in each camera for the test to mean something. */
const STANDSTILLS = 5;
const DRAWN_AMID_LOSSES = 60;
const STOOD_MS = 300;
/** The page writes an age every 50 ms; a page that is late by a little still tells the truth. */
const AGE_STEP_MS = 150;

/** Each picture of a camera with the time for which the one before it stood. */
function standing({ drawn }) {
  return drawn.slice(1).map((picture, at) => ({ ...picture, stood: picture.at - drawn[at].at, before: drawn[at].number }));
}

scenario('with units lost on the way every picture is whole, and stands still and ages instead', { net: 'clean' }, async ({ system, net, vehicle, arrive }) => {
  await system.kill(`agent-${vehicle}`);
  await playClip(system, vehicle);
  await system.restart(`agent-${vehicle}`);
  await until('the truck is back', async () => (await system.vehicle()).connected);
  const wanda = await arrive('wanda', { before: clipWatcher });
  const seen = () => wanda.page.evaluate(() => window.clip.cameras);
  const drawnSince = (cameras, since) => CAMERAS.map((name) => (cameras[name]?.drawn ?? []).slice(since[name] ?? 0));
  const counts = (cameras) => Object.fromEntries(CAMERAS.map((name) => [name, cameras[name].drawn.length]));

  await wanda.seesPictures();
  await until('a good many pictures on a good link', async () => drawnSince(await seen(), {}).every(({ length }) => length > 60));
  assert.ok((await wanda.page.evaluate(smearedPicture)).wrong > 1000, 'this test sees what is left over of another picture');
  const clean = await seen();

  const [dropped, lost] = [await net.dropped('media'), await system.figure('farhand_media_units_dropped_total')];
  await net.use('handover', 'media');
  const enough = (drawn) =>
    drawn.length >= DRAWN_AMID_LOSSES && standing({ drawn }).filter(({ stood }) => stood > STOOD_MS).length >= STANDSTILLS;
  const since = counts(clean);
  await until('enough pictures and enough losses', async () => drawnSince(await seen(), since).every(enough), {
    limit: 60_000,
    describe: async () => JSON.stringify(drawnSince(await seen(), since).map((drawn) => standing({ drawn }).map(({ stood }) => Math.round(stood)))),
  });
  await net.use('clean', 'media');
  await wanda.seesPictures();

  assert.ok((await net.dropped('media')) > dropped, 'datagrams were dropped');
  assert.ok((await system.figure('farhand_media_units_dropped_total')) > lost, 'units that came could not be used');
  const all = await seen();
  for (const name of CAMERAS) {
    const { drawn } = all[name];
    const wrong = drawn.filter((picture) => picture.wrong > 0);
    assert.deepEqual(wrong, [], `${wrong.length} of ${drawn.length} pictures of ${name} were not whole`);
    const stood = standing(all[name]).filter((picture) => picture.stood > STOOD_MS);
    const young = stood.filter((picture) => picture.aged < picture.stood - AGE_STEP_MS);
    assert.deepEqual(young, [], `a picture of ${name} stood still and did not say how old it was`);
    const skipped = standing(all[name]).filter(({ number, before }) => number !== (before + 1) % 64).length;
    assert.ok(skipped >= STANDSTILLS, 'pictures are missing');
    const [most, longest] = [Math.max(...drawn.map((picture) => picture.most)), Math.max(...stood.map((picture) => picture.stood))];
    console.log(
      `${name}: ${drawn.length} pictures drawn, all whole (at most ${most} grey levels off); stood still ${stood.length} times, ` +
        `for ${Math.round(longest)} ms at most`,
    );
  }
});
