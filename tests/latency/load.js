// `cargo xtask bench load`: outgoing tracks for each core of the gateway's own processor time.
//
// Viewers are WebRTC connections of one page, as /drive opens them, each with all cameras of one truck; the browser decodes
// every track. Only tracks that really arrive count. The gateway's whole time counts, taking the pictures in as well.

import { Browser } from '../end-to-end/operator.js';
import { until } from '../end-to-end/waiting.js';
import { Costs } from './costs.js';
import { Report, cameras, patiently, say, trials, withSystem } from './rig.js';

const VIEWERS = 4;
const WINDOW_S = 5;
/** A track of a 30 Hz camera that shows less than this is not served. */
const LEAST_FPS = 25;

const report = new Report();
const count = cameras ?? 4;
await withSystem({ cameras: count }, async ({ system, vehicle }) => {
  const browser = await Browser.start();
  try {
    const page = await browser.context.newPage();
    await page.goto(await system.loginUrl('wanda'));
    await page.evaluate(openViewers, { vehicle, viewers: VIEWERS, cameras: count });
    await until('every track arrives', async () => (await page.evaluate(arrived)).every(({ frames }) => frames > 0) || null, { limit: 30_000 });
    await patiently('warm-up', 3);
    const gateway = { gateway: system.doors.pids.gateway };
    const samples = [];
    await report.during(`${VIEWERS} viewers of ${count} cameras`, { ...system.doors.pids, browser: browser.pid }, async () => {
      for (let window = 1; window <= trials; window += 1) {
        const [costs, before] = [new Costs(gateway), await page.evaluate(arrived)];
        await patiently(`window ${window}`, WINDOW_S);
        const [cores, after] = [costs.perCent().gateway / 100, await page.evaluate(arrived)];
        const seconds = (after[0].at_ms - before[0].at_ms) / 1000;
        const served = after.filter(({ frames }, at) => (frames - before[at].frames) / seconds >= LEAST_FPS).length;
        const mbit = after.reduce((sum, { bytes }, at) => sum + bytes - before[at].bytes, 0) / seconds / 125_000;
        say(`window ${window} of ${trials}: ${served} of ${after.length} tracks, ${mbit.toFixed(1)} Mbit/s, gateway ${(cores * 100).toFixed(1)} % of a core`);
        if (served < after.length) {
          report.failure(`window ${window}: only ${served} of ${after.length} tracks showed ${LEAST_FPS} pictures a second`);
        }
        samples.push(served / Math.max(cores, 0.001));
        report.row('outgoing_rate', 'Mbit/s', { cameras: count, way: 'webrtc' }, [mbit]);
      }
    });
    report.row('tracks_per_core', 'tracks', { cameras: count, way: 'webrtc' }, samples);
    report.note(`${VIEWERS * count} tracks of 640x360 at 30 pictures a second, ${VIEWERS} viewers, all in one Chromium that decodes them; the gateway's whole time counted. The promise is for 2.5 Mbit/s a track: outgoing_rate is the sum of all`);
  } finally {
    await browser.stop();
  }
});
report.print();

/** In the page: opens connections as the driving page does. */
async function openViewers({ vehicle, viewers, cameras }) {
  window.benchPeers = [];
  for (let viewer = 0; viewer < viewers; viewer += 1) {
    const peer = new RTCPeerConnection();
    peer.createDataChannel('now', { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 });
    peer.createDataChannel('log', { negotiated: true, id: 1 });
    for (let camera = 0; camera < cameras; camera += 1) {
      peer.addTransceiver('video', { direction: 'recvonly' });
    }
    await peer.setLocalDescription(await peer.createOffer());
    const response = await fetch(`/api/v1/vehicles/${vehicle}/viewers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sdp: peer.localDescription.sdp }),
    });
    if (!response.ok) {
      throw new Error(`no viewer: ${response.status} ${await response.text()}`);
    }
    await peer.setRemoteDescription({ type: 'answer', sdp: (await response.json()).sdp });
    window.benchPeers.push(peer);
  }
}

/** In the page: what each track got so far. */
async function arrived() {
  const tracks = [];
  for (const peer of window.benchPeers) {
    for (const entry of (await peer.getStats()).values()) {
      if (entry.type === 'inbound-rtp' && entry.kind === 'video') {
        tracks.push({ at_ms: performance.now(), frames: entry.framesReceived ?? 0, bytes: entry.bytesReceived + entry.headerBytesReceived });
      }
    }
  }
  return tracks;
}
