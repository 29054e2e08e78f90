// Who is not of this site, or not any more: refused with the mend, written into the journal, and nobody else feels it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { drivesOnDuring } from './driving-on.js';
import { expired, renamed } from './forge.js';
import { scenario } from './scenario.js';
import { programs } from './system.js';
import { until } from './waiting.js';

const STRANGER = 'truck-2';
const AGENT = `agent-${STRANGER}`;

/** Runs the gateway's program beside the gateway. */
function gateway(config, ...options) {
  const { status, stderr } = spawnSync(path.join(programs(), 'farhand-gateway'), ['--config', config, ...options], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

/** Files of an enrolment on quite another site. */
async function enrolElsewhere(folder) {
  await mkdir(folder);
  await writeFile(path.join(folder, 'gateway.toml'), 'http_listen = "127.0.0.1:0"\n');
  gateway(path.join(folder, 'gateway.toml'), 'enroll', STRANGER, '--out', folder);
}

scenario('trucks that may not come in are told why, and another one drives on meanwhile', { vehicles: 2 }, async ({ system, arrive }) => {
  const home = path.join(system.folder, STRANGER);
  const elsewhere = path.join(system.folder, 'elsewhere');
  const [certificate, ca] = [path.join(home, 'certificate.pem'), path.join(home, 'ca.pem')];
  const [own, ownCa, settings] = await Promise.all([certificate, ca, path.join(home, 'agent.toml')].map((file) => readFile(file, 'utf8')));
  const authorityKey = await readFile(path.join(system.folder, 'data', 'ca.key.pem'), 'utf8');
  await enrolElsewhere(elsewhere);
  const copy = (file) => copyFile(path.join(elsewhere, file), path.join(home, file));

  const cases = [
    {
      what: 'a certificate of another site',
      change: () => Promise.all([copy('certificate.pem'), copy('key.pem')]),
      told: /the other end refused the certificate: another site's authority made it\. Enrol on this gateway/,
      journal: ['peer_refused', /another site's authority made it/],
    },
    {
      what: "another site's authority",
      change: () => copy('ca.pem'),
      told: /this end refused the certificate: another site's authority made it\. Enrol on this gateway, copy its ca\.pem/,
      journal: ['peer_refused', /the other end refused the certificate: another site's authority/],
    },
    {
      what: 'an expired certificate',
      change: () => writeFile(certificate, expired(own, authorityKey)),
      told: /the other end refused the certificate: it has expired or is not valid yet\. Enrol again, check the clock/,
      journal: ['peer_refused', /it has expired/],
    },
    {
      what: 'a truck that nobody enrolled',
      change: () =>
        Promise.all([
          writeFile(certificate, renamed(own, authorityKey, STRANGER, 'truck-9')),
          writeFile(path.join(home, 'agent.toml'), settings.replace(`vehicle = "${STRANGER}"`, 'vehicle = "truck-9"')),
        ]),
      told: /the other end refused the certificate: it is not on the gateway's list\. Enrol the vehicle there/,
      journal: ['vehicle_refused', /not on this gateway's list/],
    },
    {
      what: 'the certificate of another truck',
      change: () => Promise.all(['certificate.pem', 'key.pem'].map((file) => copyFile(path.join(system.folder, 'truck-1', file), path.join(home, file)))),
      told: /the certificate is truck-1's, but the hello says truck-2\. Set `vehicle` in agent\.toml/,
      journal: ['peer_refused', /the certificate is truck-1's/],
    },
    {
      what: 'a truck that was shut out',
      change: async () => gateway(path.join(system.folder, 'gateway.toml'), 'revoke', STRANGER),
      told: /the other end refused the certificate: it was revoked\. Enrol the vehicle again, copy its files/,
      journal: ['vehicle_refused', /the certificate was revoked/],
    },
  ];
  const key = await readFile(path.join(home, 'key.pem'), 'utf8');
  const restore = () =>
    Promise.all([['certificate.pem', own], ['key.pem', key], ['ca.pem', ownCa], ['agent.toml', settings]].map(([file, text]) => writeFile(path.join(home, file), text)));

  const alice = await arrive('alice', { vehicle: 'truck-1' });
  const refused = await system.figure('farhand_peers_refused_total');
  await drivesOnDuring(alice, async () => {
    for (const { what, change, told, journal } of cases) {
      await system.kill(AGENT);
      await until('the truck is gone', async () => (await system.vehicle(STRANGER)).connected === false);
      await restore();
      await change();
      const before = (await system.said(AGENT)).length;
      const [newest] = await system.journal(1);
      await system.restart(AGENT);
      await until(`the agent says why ${what} is refused`, async () => told.test((await system.said(AGENT)).slice(before)), {
        describe: async () => (await system.said(AGENT)).slice(before),
      });
      const [kind, why] = journal;
      await until(
        `the journal tells of ${what}`,
        async () => (await system.journal()).some((row) => row.seq > newest.seq && row.kind === kind && why.test(row.data.why)),
        { describe: async () => JSON.stringify((await system.journal()).filter(({ seq }) => seq > newest.seq)) },
      );
      assert.notEqual((await system.vehicle(STRANGER)).connected, true, `${what} came in`);
    }
  });
  assert.ok((await system.figure('farhand_peers_refused_total')) >= refused + cases.length, 'each refusal is counted');

  // The mend of the last one: enrolled again, it comes in.
  await system.kill(AGENT);
  await restore();
  gateway(path.join(system.folder, 'gateway.toml'), 'enroll', STRANGER, '--out', home);
  await system.restart(AGENT);
  await until('the truck is let in again', async () => (await system.vehicle(STRANGER)).connected);
});
