// Packets that nobody should send: no port falls over them, they are counted, and a truck that is driven feels nothing of it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gatewayEnd, keepConnections } from './connections.js';
import { drivesOnDuring } from './driving-on.js';
import { firstPacket } from './quic.js';
import { scenarios } from './scenario.js';
import { until } from './waiting.js';

const LENGTHS = [0, 1, 20, 100, 1200, 1472, 9000, 65_507];
const ROUNDS = 40;
/** Fewer than may be under way at once before the gateway asks a caller for a proof of its address. */
const GREETINGS = 10;
const BATCHES = 4;

/** The vehicles' two ports, from the gateway's own settings. */
async function vehiclePorts(system) {
  const settings = await readFile(path.join(system.folder, 'gateway.toml'), 'utf8');
  return ['control_listen', 'media_listen'].map((key) => Number(new RegExp(`^${key} = ".*:(\\d+)"$`, 'm').exec(settings)[1]));
}

/** Sends one datagram after the other, each when the one before has left. */
async function sendAll(packets, port) {
  const socket = createSocket('udp4');
  try {
    for (const packet of packets) {
      await new Promise((sent, failed) => socket.send(packet, port, '127.0.0.1', (error) => (error ? failed(error) : sent())));
    }
  } finally {
    socket.close();
  }
}

/**
 * A greeting that is broken from its first byte on: no message of TLS has this kind, and none is as long as the next three say.
 * Random bytes alone will not do. One time in 256 they say a length that may be, and then they are the beginning of a greeting
 * whose rest the gateway has to wait for.
 */
const brokenGreeting = () => Buffer.concat([Buffer.alloc(4, 0xff), randomBytes(296)]);

const random = () => LENGTHS.map((length) => randomBytes(length));
/** Random bytes behind a first byte that says QUIC: long and short headers. */
const nearly = () => [0xc0, 0xd0, 0xe0, 0xf0, 0x40].map((first) => Buffer.concat([Buffer.from([first, 0, 0, 0, 1]), randomBytes(1195)]));

scenarios('a truck that is driven amid garbage', { net: 'clean' }, (scenario) => {
  scenario('malformed and oversized packets at every UDP port have no effect, and broken greetings are counted', async ({ system, arrive }) => {
    const alice = await arrive('alice', { before: keepConnections });
    await alice.readies();
    const before = await system.figure('farhand_peers_refused_total');
    const ports = await vehiclePorts(system);
    await drivesOnDuring(alice, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const port of [...ports, (await gatewayEnd(alice.page)).port]) {
          await sendAll([...random(), ...nearly()], port);
        }
      }
      for (let batch = 1; batch <= BATCHES; batch += 1) {
        await sendAll(Array.from({ length: GREETINGS }, () => firstPacket(brokenGreeting())), ports[batch % ports.length]);
        const counted = async () => (await system.figure('farhand_peers_refused_total')) - before;
        await until('every broken greeting is counted', async () => (await counted()) >= batch * GREETINGS, {
          describe: async () => `${await counted()} of ${batch * GREETINGS}`,
        });
      }
    });
    const rows = (await system.journal()).filter(({ kind, data }) => kind === 'peer_refused' && data.remote.startsWith('127.0.0.1:'));
    assert.ok(rows.length > 0, 'the journal tells of strangers');
    assert.ok(rows.length <= 30, `a flood is a few rows, not ${rows.length}`);
    assert.equal((await system.vehicle()).connected, true);
  });

  scenario('datagrams that are changed, doubled and overtake each other on the way have no effect', async ({ net, arrive }) => {
    const alice = await arrive('alice');
    await alice.readies();
    await net.use('mangled');
    const before = await net.delivered('control');
    await drivesOnDuring(alice, () =>
      until('many datagrams have passed', async () => (await net.delivered('control')) > before + 600, { limit: 60_000 }));
    await net.use('clean');
  });
});
