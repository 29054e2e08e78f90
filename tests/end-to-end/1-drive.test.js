// The main job: log in, take control, drive by key, give back; who may, and who sees.

import assert from 'node:assert/strict';
import { gatewayEnd, keepConnections } from './connections.js';
import { Browser } from './operator.js';
import { scenario, scenarios } from './scenario.js';
import { forward } from './truth.js';
import { never, until } from './waiting.js';

scenario('an operator drives a truck by key on four pictures', { cameras: 4 }, async ({ truth, vehicle, arrive }) => {
  const alice = await arrive('alice');
  await alice.seesPictures(4);
  const before = await truth.machine(vehicle);
  await alice.drivesForward();
  const { cap, speed } = await alice.sees('a speed on the page', (says) => says.speed > 200);
  assert.ok(speed <= cap, `speed ${speed} is within the cap ${cap}`);
  await until('the truck is well on its way', async () => forward(before, await truth.machine(vehicle)) > 0.3);
  await alice.letsGo();
  const after = await truth.atRest(vehicle);
  assert.ok(forward(before, after) > 0.3, `moved ${forward(before, after)} m forward`);
});

scenarios('the main job', {}, (scenario) => {
  scenario('a watcher sees an operator drive forwards and backwards', async ({ truth, vehicle, arrive }) => {
    const wanda = await arrive('wanda');
    await wanda.seesPictures();
    const alice = await arrive('alice');
    await alice.readies();
    const before = await truth.machine(vehicle);
    await alice.drivesForward();
    const watched = await wanda.sees('that somebody else drives', (says) => says.authority === 'other' && says.state === 'Teleop');
    assert.equal(watched.cause, '');

    await until('the truck is well on its way', async () => forward(before, await truth.machine(vehicle)) > 0.3);
    await alice.letsGo();
    const after = await truth.atRest(vehicle);
    assert.ok(forward(before, after) > 0.3, `moved ${forward(before, after)} m forward`);

    // Reverse needs the rear camera's picture, which is on show too.
    await alice.page.keyboard.down('Shift');
    await alice.sees('Teleop', (says) => says.state === 'Teleop');
    await alice.page.keyboard.down('s');
    await until('it is well on its way back', async () => forward(after, await truth.machine(vehicle)) < -0.1);
    await alice.letsGo();
    const back = await truth.atRest(vehicle);
    assert.ok(forward(after, back) < -0.1, `moved ${forward(after, back)} m`);
  });

  scenario('a second operator is refused until the first one releases', async ({ system, truth, vehicle, arrive }) => {
    const alice = await arrive('alice');
    await alice.readies();
    await alice.takesControl();
    const bob = await arrive('bob');
    await bob.sees('that somebody else holds the lease', (says) => says.authority === 'other');
    await bob.page.keyboard.press('Enter');
    await never('bob gets control', async () => (await bob.says()).authority === 'me', { span: 1000 });
    const { holder } = await system.vehicle();
    assert.equal(holder, 'alice');

    await alice.page.getByRole('button', { name: /release/i }).click();
    await bob.sees('that nobody holds the lease', (says) => says.authority !== 'other');
    await bob.takesControl();
    assert.equal((await system.vehicle()).holder, 'bob');
  });

  scenario('a stop from a watcher stops and latches', async ({ truth, vehicle, arrive }) => {
    const alice = await arrive('alice');
    const wanda = await arrive('wanda');
    await wanda.seesPictures();
    await alice.readies();
    await alice.drivesForward();
    await wanda.page.keyboard.press(' ');
    await alice.sees('the stop and its cause', (says) => says.cause === 'remote_stop');
    await truth.atRest(vehicle);
    await never('it moves again while the keys are still held', async () => (await truth.machine(vehicle)).speed_mps > 0.02, { span: 1500 });
    await alice.letsGo();
    await alice.rearms();
    await alice.drivesForward();
  });

  scenario('without login every page and every API answers 401', async ({ system, vehicle }) => {
    const routes = ['/', '/fleet', `/drive/${vehicle}`, '/api/v1/me', '/api/v1/vehicles', `/api/v1/vehicles/${vehicle}`, '/api/v1/journal', '/metrics'];
    for (const route of routes) {
      const response = await fetch(`${system.doors.web}${route}`, { redirect: 'manual', headers: { accept: 'text/html' } });
      const sentToLogin = [302, 303, 307].includes(response.status) && response.headers.get('location')?.startsWith('/login');
      assert.ok(response.status === 401 || sentToLogin, `${route} answers ${response.status}`);
    }
    assert.equal((await fetch(`${system.doors.web}/healthz`)).status, 200);
    const url = await system.loginUrl('alice');
    assert.ok((await fetch(url, { redirect: 'manual' })).status < 400, 'a token logs in');
    assert.equal((await fetch(url, { redirect: 'manual' })).status, 401, 'the same token logs in once only');
    const watching = await system.api('wanda', 'POST', `/api/v1/vehicles/${vehicle}/lease`, { viewer_id: '1' });
    assert.equal(watching.status, 403, 'a watcher may not take the lease');
  });

  scenario('a person logs in by name and password and sees the fleet', async ({ system, vehicle }) => {
    const browser = await Browser.start();
    try {
      const page = await browser.newPage();
      await page.goto(`${system.doors.web}/fleet`);
      const { password } = system.doors.people.find(({ name }) => name === 'wanda');
      const logsIn = async (secret) => {
        await page.fill('input[name=name]', 'wanda');
        await page.fill('input[name=password]', secret);
        await page.click('button[type=submit]');
      };
      await logsIn(`${password}x`);
      await page.getByRole('alert').getByText('Name and password do not fit').waitFor();
      await logsIn(password);
      await page.waitForURL('**/fleet');
      await page.getByText(vehicle).first().waitFor();
    } finally {
      await browser.stop();
    }
  });
});

scenario('the page drives under the name of a site on another address', { names: ['farhand.test'], address: '127.0.0.2' }, async ({ system, truth, vehicle, arrive }) => {
  const alice = await arrive('alice', { origin: `https://farhand.test:${new URL(system.doors.web_tls).port}`, before: keepConnections });
  assert.equal(await alice.page.evaluate(() => window.isSecureContext), true);
  const before = await truth.machine(vehicle);
  await alice.drivesForward();
  await alice.letsGo();
  assert.ok(forward(before, await truth.atRest(vehicle)) > 0.1);
  assert.equal((await gatewayEnd(alice.page)).address, '127.0.0.2', 'pictures and commands go to the address of the site');
});
