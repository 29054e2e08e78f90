// A truck with scanners and the learned stop policy: its scores are used, and whatever becomes of it, a lost link ends in a free stop.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cut, seesStop } from './link-cut.js';
import { scenarios } from './scenario.js';
import { ROOT } from './system.js';
import { until } from './waiting.js';

const MOST_SILENCE_MS = 300;

/** Model of models/trials -> what the agent says of it. */
const SPOILT = [
  ['nan', /gives no scores.*not_finite/],
  ['slow', /gives no scores.*slow/],
  ['renamed', /No stop policy.*output must be scores/],
  ['away', /No stop policy.*away/],
];

const logOf = (system, name) => readFile(path.join(system.folder, 'logs', `${name}.log`), 'utf8');

/** Gives the truck's agent another model and starts it again; the words of the agent since then are what `says` returns. */
async function useModel(system, vehicle, card) {
  const agent = `agent-${vehicle}`;
  await system.kill(agent);
  const file = path.join(system.folder, vehicle, 'agent.toml');
  const before = await readFile(file, 'utf8');
  await writeFile(file, before.replace(/^card = .*$/m, `card = ${JSON.stringify(card)}`));
  const seen = (await logOf(system, agent)).length;
  await system.restart(agent);
  await until('the truck is back', async () => (await system.vehicle()).connected || null);
  return async () => (await logOf(system, agent)).slice(seen);
}

/** Drives, loses the link, and must stand, untouched, for a cause that a lost link has. */
async function losesItsLink(site, alice) {
  const { truth, vehicle, net } = site;
  await alice.readies();
  await alice.drivesForward();
  const silence = await cut(site);
  assert.ok(silence <= MOST_SILENCE_MS, `braked ${silence} ms after the last control datagram`);
  assert.equal((await truth.machine(vehicle)).contacts, 0, 'it touched nothing');
  await alice.letsGo();
  await net.restore();
  await seesStop(alice);
}

scenarios('a truck with scanners', { scanners: true, net: 'clean' }, (scenario) => {
  scenario('the policy has its say, and a lost link ends in the stop that was held', async (site) => {
    const { system, vehicle } = site;
    const alice = await site.arrive('alice');
    await alice.readies();
    await alice.drivesForward();
    await until('the scores are used', async () => /the policy's scores are used/.test(await logOf(system, `guardian-${vehicle}`)) || null);
    await alice.letsGo();
    await losesItsLink(site, alice);
  });

  for (const [model, said] of SPOILT) {
    scenario(`a policy that is ${model} is named, and the truck drives and stops without it`, async (site) => {
      const { system, vehicle } = site;
      const says = await useModel(system, vehicle, path.join(ROOT, 'models/trials', model, 'card.json'));
      const alice = await site.arrive('alice');
      await losesItsLink(site, alice);
      await until(`the agent says ${said}`, async () => said.test(await says()) || null, { describe: says });
    });
  }
});
