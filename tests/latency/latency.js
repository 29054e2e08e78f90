// `cargo xtask bench latency`: from the stamp at the end of rendering to the display tick that shows it.

import path from 'node:path';
import { Browser, Operator } from '../end-to-end/operator.js';
import { pause, until } from '../end-to-end/waiting.js';
import { serveFloor } from './floor.js';
import { agesMs, installProbe } from './probe.js';
import { bench, clockOffsetMs, net, say, trials } from './rig.js';

const WARM_UP_MS = 3000;
const CAMERAS = ['front', 'rear', 'left', 'right'];

await bench({ net: net === 'clean' ? undefined : net }, async ({ system, vehicle, people }) => {
  const rows = [];
  for (const cameras of [1, 4]) {
    rows.push(...(await floor(system, vehicle, cameras)));
    rows.push(...(await driven(system, people, cameras)));
  }
  return rows;
});

/** Looks at a page for as long as was asked and turns what was seen into rows. */
async function watch(page, selector, names, circumstances) {
  await page.evaluate(`(${installProbe})(${JSON.stringify(selector)})`);
  const offset = await clockOffsetMs(page);
  await pause(WARM_UP_MS);
  await page.evaluate(() => window.probe.start());
  await pause(trials * 1000);
  const seen = await page.evaluate(() => window.probe.stop());
  say(`${names.fresh}, ${circumstances.cameras} cameras: ${seen.fresh.length} pictures, ${seen.ticks} ticks, ${seen.bad} unreadable`);
  if (seen.fresh.length === 0) {
    throw new Error('no picture could be read');
  }
  return [
    { name: names.fresh, unit: 'ms', ...circumstances, samples: agesMs(seen.fresh, offset) },
    { name: names.shown, unit: 'ms', ...circumstances, samples: agesMs(seen.shown, offset) },
  ];
}

async function floor(system, vehicle, cameras) {
  const sockets = CAMERAS.slice(0, cameras).map((name) => path.join(system.folder, vehicle, 'video', `${name}.shm`));
  const served = await serveFloor(sockets);
  const browser = await Browser.start();
  try {
    const page = await browser.context.newPage();
    page.on('console', (message) => say(`floor page: ${message.text()}`));
    await page.goto(served.url);
    return await watch(page, '.picture', { fresh: 'floor', shown: 'floor_age' }, { cameras, net: 'none', way: 'webcodecs' });
  } finally {
    await browser.stop();
    served.stop();
  }
}

/** The real way. With one camera the others are not asked for, as on a page that shows one. */
async function driven(system, people, cameras) {
  const alice = await Operator.arrive(system, 'alice', { query: cameras === 1 ? '?cameras=front' : '' });
  people.push(alice);
  await alice.seesPictures(cameras);
  await until('the canvases are there', () => alice.page.evaluate(() => document.querySelectorAll('[data-camera] canvas, canvas[data-camera]').length > 0));
  const rows = await watch(alice.page, '[data-camera] canvas, canvas[data-camera]', { fresh: 'glass_to_glass', shown: 'picture_age' }, { cameras, net, way: 'webrtc' });
  await alice.leaves();
  return rows;
}
