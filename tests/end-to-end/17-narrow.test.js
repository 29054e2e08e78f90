// A link that narrows and widens again: pictures get smaller and fewer, and stay young.

import assert from 'node:assert/strict';
import { clipWatcher, useSources } from './clip.js';
import { scenario } from './scenario.js';
import { until } from './waiting.js';

const CAMERAS = ['front', 'rear', 'left', 'right'];
/** What is under way when the link narrows has to pass first: a picture of each camera takes 0.16 s for that. */
const MOST_STANDING_MS = 500;
/** From a second after a change on: 25 ms of way, 12 pictures a second, drawing and ticks, and a machine that others use as well. */
const MOST_AGE_MS = 400;
/** A corner of coarse noise: takes 4.6 Mbit/s where it may, and more than 1 Mbit/s as coarse as pictures get. */
const FULL = 'videotestsrc is-live=true pattern=smpte ! video/x-raw,format=I420,width=160,height=90,framerate=30/1';
const LOOKS = 200;
const LOOK_MS = 25;

/** In the page: notes now and again how old each picture says it is. */
function lookAtAges({ cameras, every }) {
  window.ages = [];
  setInterval(() => {
    const ages = cameras.map((name) => Number(document.querySelector(`[data-camera="${name}"]`)?.dataset.pictureAgeMs ?? NaN));
    window.ages.push({ at: performance.now(), ages });
  }, every);
}

function percentile(values, percent) {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor((values.length * percent) / 100))];
}

scenario('from 8 to 1 Mbit/s and back no picture grows old', { net: 'rtt50_8mbit', cameras: 4 }, async ({ system, net, vehicle, arrive }) => {
  await system.kill(`agent-${vehicle}`);
  await useSources(system, vehicle, () => FULL);
  await system.restart(`agent-${vehicle}`);
  await until('the truck is back', async () => (await system.vehicle()).connected);
  const wanda = await arrive('wanda', { before: clipWatcher });
  await wanda.seesPictures(CAMERAS.length);
  await wanda.page.evaluate(lookAtAges, { cameras: CAMERAS, every: LOOK_MS });

  /** Looks on for a while: ages from a second after its beginning on, and the longest standstill in all of it. */
  const watch = async (what) => {
    const from = await wanda.page.evaluate(() => performance.now());
    const [dropped, bytes] = [await net.dropped('media'), await system.figure('farhand_media_bytes_total')];
    const seen = () => wanda.page.evaluate((from) => window.ages.filter(({ at }) => at > from + 1000), from);
    const looks = await until(`enough looks at ${what}`, async () => {
      const looks = await seen();
      return looks.length >= LOOKS ? looks : null;
    }, { limit: 60_000 });
    const [seconds, ages] = [(looks.at(-1).at - looks[0].at) / 1000, looks.flatMap(({ ages }) => ages)];
    const kbps = ((await system.figure('farhand_media_bytes_total')) - bytes) * 8 / (looks.at(-1).at - from);
    const drawn = await wanda.page.evaluate(() => window.clip.cameras);
    const times = CAMERAS.map((name) => drawn[name].drawn.map(({ at }) => at).filter((at) => at >= from - 100 && at <= looks.at(-1).at));
    const stood = Math.max(...times.flatMap((times) => times.slice(1).map((at, index) => at - times[index])));
    const rates = times.map((times) => (times.filter((at) => at > looks[0].at).length / seconds).toFixed(0));
    const [p50, p99] = [50, 99].map((percent) => percentile(ages, percent));
    console.log(
      `${what}: age p50 ${p50} ms, p99 ${p99} ms, stood still for ${Math.round(stood)} ms at most, ` +
        `${rates.join(' ')} pictures a second, ${kbps.toFixed(0)} kbit/s, ${(await net.dropped('media')) - dropped} datagrams dropped`,
    );
    return { p99, stood };
  };

  await watch('8 Mbit/s');
  for (const [name, what] of [['rtt50_1mbit', '1 Mbit/s'], ['rtt50_8mbit', '8 Mbit/s again']]) {
    await net.use(name, 'media');
    const { p99, stood } = await watch(what);
    assert.ok(p99 <= MOST_AGE_MS, `${what}: one picture of a hundred was older than ${p99} ms`);
    assert.ok(stood <= MOST_STANDING_MS, `${what}: a picture stood still for ${stood} ms`);
  }
  const estimates = await system.figure('farhand_page_estimates_total');
  console.log(`${estimates} estimates of the page`);
  assert.ok(estimates > 0, 'the page says what it can take');
});
