// `cargo xtask bench latency`: from the stamp at the end of rendering to the display tick that shows it.
//
// The floor (x264 -> socket -> WebCodecs -> canvas) and the real ways take turns in the same tab of the same Chromium, fed
// by the same simulated cameras; the floor's page is measured by the same probe as ours.

import path from 'node:path';
import { Operator } from '../end-to-end/operator.js';
import { until } from '../end-to-end/waiting.js';
import { describeClock, layClock } from './clock.js';
import { serveFloor } from './floor.js';
import { ageMs, installProbe, keepPeers } from './probe.js';
import { Report, cameras, patiently, say, trials, ways, withSystem } from './rig.js';
import { stages } from './stages.js';

const CAMERAS = ['front', 'rear', 'left', 'right'];
const ROUNDS = 2;
const WARM_UP_S = 4;

const report = new Report();
for (const count of cameras ? [cameras] : [1, 4]) {
  await withSystem({ cameras: count }, async ({ system, vehicle, people }) => {
    const operator = await Operator.arrive(system, 'alice');
    people.push(operator);
    await operator.page.addInitScript(keepPeers);
    for (let round = 1; round <= ROUNDS; round += 1) {
      await floor(system, vehicle, operator, count);
      for (const way of ways) {
        await real(system, vehicle, operator, count, way);
      }
    }
  });
}
report.print();

async function floor(system, vehicle, { page, browser }, count) {
  const sockets = CAMERAS.slice(0, count).map((name) => path.join(system.folder, vehicle, 'video', `${name}.shm`));
  const served = await serveFloor(sockets);
  try {
    await page.goto(served.url);
    const { seen, clock } = await watch(`floor, ${count} cameras`, page, count, () => ({ ...system.doors.pids, browser: browser.pid, encoders: served.encoders() }));
    add(seen, clock, { cameras: count, net: 'none', way: 'webcodecs' }, { pictures: 'floor', shown: 'floor_age' });
  } finally {
    served.stop();
  }
}

async function real(system, vehicle, operator, count, way) {
  const { page, browser } = operator;
  await page.goto(`${system.doors.web}/drive/${vehicle}?way=${way}`);
  await operator.seesPictures(count);
  const { seen, clock } = await watch(`${way}, ${count} cameras`, page, count, () => ({ ...system.doors.pids, browser: browser.pid }));
  const about = { cameras: count, way };
  add(seen, clock, about, { pictures: 'glass_to_glass', shown: 'picture_age' });
  for (const { name, samples } of stages(seen, clock.offset)) {
    report.row(name, 'ms', about, samples);
  }
  for (const line of await page.evaluate(inside)) {
    report.note(`${count} cameras: ${line}`);
  }
}

/** Looks at the pictures of a page for as long as was asked. */
async function watch(what, page, count, pids) {
  await page.evaluate(installProbe);
  await until(`${count} readable pictures`, () => page.evaluate((count) => window.bench.sees(count), count));
  await patiently(what, WARM_UP_S);
  const clock = await layClock(page);
  say(describeClock(clock));
  const seconds = Math.max(1, Math.round(trials / ROUNDS));
  const seen = await report.during(what, pids(), async () => {
    await page.evaluate(() => window.bench.start());
    await patiently(what, seconds);
    return page.evaluate(() => window.bench.stop());
  });
  const rate = (number) => (number / seconds).toFixed(1);
  report.note(
    `${what}: ${seen.pictures.length} pictures (${rate(seen.pictures.length / count)} a second and camera), ${rate(seen.ticks)} ticks a second, ` +
      `longest ${seen.longest_tick_ms.toFixed(0)} ms, ${seen.unreadable} unreadable, ` +
      `looking cost ${(seen.cost_ms / seen.ticks).toFixed(2)} ms a tick, clock off by at most ${clock.error.toFixed(2)} ms`,
  );
  if (seen.pictures.length === 0) {
    throw new Error(`${what}: no picture could be read`);
  }
  return { seen, clock };
}

/** The first tick's pictures may have been there for long: only those that came while we looked are samples. */
function add(seen, { offset }, about, names) {
  const started = seen.pictures[0][0];
  const ages = (list) => list.map(([now, stamp]) => ageMs(now + offset, stamp));
  report.row(names.pictures, 'ms', about, ages(seen.pictures.filter(([now]) => now > started)));
  report.row(names.shown, 'ms', about, ages(seen.shown));
}

/** In the page: what its WebRTC connections say about the stages inside the browser, as means. */
async function inside() {
  const lines = [];
  for (const peer of window.benchPeers ?? []) {
    if (peer.connectionState !== 'connected') {
      continue;
    }
    for (const entry of (await peer.getStats()).values()) {
      if (entry.type === 'inbound-rtp' && entry.kind === 'video') {
        const mean = (sum, count) => ((sum / count) * 1000).toFixed(2);
        lines.push(
          `track ${entry.mid}: jitter buffer ${mean(entry.jitterBufferDelay, entry.jitterBufferEmittedCount)} ms, ` +
            `assembly ${mean(entry.totalAssemblyTime, entry.framesAssembledFromMultiplePackets)} ms, ` +
            `decoding ${mean(entry.totalDecodeTime, entry.framesDecoded)} ms, first packet to decoded ${mean(entry.totalProcessingDelay, entry.framesDecoded)} ms, ` +
            `dropped ${entry.framesDropped}, lost ${entry.packetsLost}, key frames ${entry.keyFramesDecoded}`,
        );
      }
    }
  }
  return lines;
}
