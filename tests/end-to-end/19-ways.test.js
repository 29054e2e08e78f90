// Pictures and commands by each way to the page: WebRTC, QUIC and a WebSocket; and what a browser does that lacks one of them.

import assert from 'node:assert/strict';
import { scenario, scenarios } from './scenario.js';
import { forward } from './truth.js';
import { until } from './waiting.js';

/** Below the pace at which a truck may go by the other ways, and what the page allows by a socket. */
const SLOW_MM_S = 1000;

const wayOf = ({ page }) => page.evaluate(() => document.querySelector('[data-way]')?.dataset.way ?? '');
const statsOf = ({ page }) => page.evaluate(() => window.farhandProbe.stats());

/** Takes control, drives until the truck is well on its way, and stops it by key. */
async function drivesAndStops(operator, truth, vehicle) {
  const before = await truth.machine(vehicle);
  await operator.drivesForward();
  await until('the truck is well on its way', async () => forward(before, await truth.machine(vehicle)) > 0.3);
  const fastest = await operator.sees('a speed on the page', (says) => says.speed > 200);
  await operator.page.keyboard.press('Space');
  const { cause } = await operator.sees('a stop', (says) => says.state === 'Halt');
  assert.equal(cause, 'remote_stop');
  await operator.page.keyboard.up('Shift');
  return fastest;
}

for (const way of ['webrtc', 'quic', 'socket']) {
  scenario(`an operator drives and stops by ${way}`, { cameras: 4 }, async ({ system, truth, vehicle, arrive }) => {
    const alice = await arrive('alice', { query: `?way=${way}` });
    await alice.seesPictures(4);
    assert.equal(await wayOf(alice), way);
    await drivesAndStops(alice, truth, vehicle);
    const { frames_drawn, undecodable, commands_sent, rebuilds } = await statsOf(alice);
    assert.equal(Object.keys(frames_drawn).length, 4);
    assert.equal(undecodable, 0);
    assert.equal(rebuilds, 0);
    assert.ok(commands_sent > 50, `${commands_sent} commands`);
    assert.deepEqual(await system.figure('farhand_malformed_total').catch(() => 0), 0);
    assert.deepEqual(alice.complaints, []);
  });
}

scenarios('a browser that lacks something', {}, (scenario) => {
  scenario('without WebRTC the page comes by QUIC', async ({ arrive }) => {
    const wanda = await arrive('wanda', { before: () => delete window.RTCPeerConnection });
    await wanda.seesPictures();
    assert.equal(await wayOf(wanda), 'quic');
  });

  scenario('without WebRTC and without QUIC it comes by a socket, says that this is slow, and goes no faster than 1 m/s', async ({ truth, vehicle, arrive }) => {
    const alice = await arrive('alice', {
      before: () => {
        delete window.RTCPeerConnection;
        delete window.WebTransport;
      },
    });
    await alice.seesPictures();
    assert.equal(await wayOf(alice), 'socket');
    assert.match(await alice.page.innerText('body'), /slow way/i);
    const { speed } = await drivesAndStops(alice, truth, vehicle);
    assert.ok(speed <= SLOW_MM_S, `${speed} mm/s`);
  });

  scenario('where nothing can be decoded it says what is missing', async ({ arrive }) => {
    const wanda = await arrive('wanda', {
      before: () => {
        delete window.RTCPeerConnection;
        delete window.VideoDecoder;
      },
    });
    await until('the reason', async () => /H\.264/.test(await wanda.page.innerText('body')));
  });

  scenario('a ticket is good once', async ({ arrive }) => {
    const wanda = await arrive('wanda', { query: '?way=socket' });
    await wanda.seesPictures();
    const outcome = await wanda.page.evaluate(async (vehicle) => {
      const { socket } = await (await fetch(`/api/v1/vehicles/${vehicle}/ways`, { method: 'POST' })).json();
      const firstFrame = () =>
        new Promise((resolve) => {
          const connection = new WebSocket(`${location.origin.replace('http', 'ws')}${socket}`);
          connection.onmessage = () => resolve('served');
          connection.onclose = () => resolve('closed');
        });
      return [await firstFrame(), await firstFrame()];
    }, wanda.vehicle);
    assert.deepEqual(outcome, ['served', 'closed']);
  });
});
