// `cargo xtask bench stop`: the link is cut at random instants of a drive.

import { cutWhileDriving } from '../end-to-end/link-cut.js';
import { Operator } from '../end-to-end/operator.js';
import { bench, net, random, say, seed, trials } from './rig.js';

await bench({ net }, async (site) => {
  const next = random(seed);
  const alice = await Operator.arrive(site.system, 'alice');
  site.people.push(alice);
  const silences = [];
  for (let trial = 1; trial <= trials; trial += 1) {
    const silence = await cutWhileDriving(site, alice, { driveFor: 300 + next() * 1200 });
    silences.push(silence);
    say(`${trial} of ${trials}: ${silence.toFixed(1)} ms`);
  }
  for (const line of histogram(silences, 10)) {
    say(line);
  }
  return [{ name: 'silence_to_brake', unit: 'ms', net, samples: silences }];
});

/** One line for each step of `width` milliseconds that holds a sample. */
function histogram(samples, width) {
  const counts = new Map();
  for (const sample of samples) {
    const from = Math.floor(sample / width) * width;
    counts.set(from, (counts.get(from) ?? 0) + 1);
  }
  return [...counts.entries()].sort(([a], [b]) => a - b).map(([from, count]) => `${String(from).padStart(5)} ms ${'#'.repeat(count)} ${count}`);
}
