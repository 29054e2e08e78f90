// Many people and many trucks: what one does harms nobody else.

import assert from 'node:assert/strict';
import { scenarios } from './scenario.js';
import { never, until } from './waiting.js';

scenarios('many people and trucks', { vehicles: 2 }, (scenario) => {
  scenario('the fleet page lists both trucks with what they do, live', async ({ arrive }) => {
    const alice = await arrive('alice');
    const wanda = await arrive('wanda', { vehicle: 'truck-2' });
    await wanda.page.goto(new URL('/fleet', wanda.page.url()).href);
    const text = () => wanda.page.evaluate(() => document.body.innerText);
    await until('both trucks are listed', async () => /truck-1/.test(await text()) && /truck-2/.test(await text()) ? true : null);
    await alice.readies();
    await alice.takesControl();
    await until('the list says who holds truck-1', async () => /alice/.test(await text()) || null, { describe: text });
  });

  scenario('two operators drive two trucks, and one dead browser harms only its own', async ({ system, truth, arrive }) => {
    const alice = await arrive('alice', { vehicle: 'truck-1' });
    const bob = await arrive('bob', { vehicle: 'truck-2' });
    await alice.readies();
    await bob.readies();
    await alice.drivesForward();
    await bob.enables();
    process.kill(alice.browser.pid, 'SIGKILL');
    await truth.atRest('truck-1');
    assert.equal((await bob.says()).state, 'Teleop', 'truck-2 is still driven');
    await bob.page.keyboard.down('w');
    await until('truck-2 moves', async () => (await truth.machine('truck-2')).speed_mps > 0.3 || null);
    await bob.letsGo();
    assert.equal((await system.vehicle('truck-2')).holder, 'bob');
  });

  scenario('nobody drives two vehicles at once', async ({ system, arrive }) => {
    const alice = await arrive('alice', { vehicle: 'truck-1' });
    await alice.readies();
    await alice.takesControl();
    const again = await arrive('alice', { vehicle: 'truck-2' });
    await again.seesPictures();
    await again.page.keyboard.press('Enter');
    await never('she holds truck-2 as well', async () => (await system.vehicle('truck-2')).holder !== null, { span: 1000 });
    assert.equal((await system.vehicle('truck-1')).holder, 'alice');
  });

  scenario('WHEP gives a plain player a view-only picture', async ({ system, vehicle, arrive }) => {
    const wanda = await arrive('wanda');
    const shown = await wanda.page.evaluate(async (vehicle) => {
      const connection = new RTCPeerConnection();
      connection.addTransceiver('video', { direction: 'recvonly' });
      const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true });
      const playing = new Promise((resolve) => video.requestVideoFrameCallback((_, frame) => resolve([frame.width, frame.height])));
      connection.ontrack = ({ track }) => (video.srcObject = new MediaStream([track]));
      await connection.setLocalDescription(await connection.createOffer());
      const answer = await fetch(`/whep/${vehicle}/front`, {
        method: 'POST', headers: { 'content-type': 'application/sdp' }, body: connection.localDescription.sdp,
      });
      const location = answer.headers.get('location');
      await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
      const size = await playing;
      const ended = await fetch(location, { method: 'DELETE' });
      connection.close();
      return { status: answer.status, location: location !== null, size, ended: ended.ok };
    }, vehicle);
    assert.deepEqual(shown, { status: 201, location: true, size: [640, 360], ended: true });
    assert.equal((await system.vehicle()).holder, null);
  });
});
