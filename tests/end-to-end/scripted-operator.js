// Drives one truck to and fro for ever: `node scripted-operator.js LOGIN_URL VEHICLE`. The demo and the benches use it.

import { Operator } from './operator.js';
import { TooLate, pause } from './waiting.js';

const LEG_MS = 3000;

const [loginUrl, vehicle] = process.argv.slice(2);
if (!loginUrl || !vehicle) {
  console.error('usage: node scripted-operator.js LOGIN_URL VEHICLE');
  process.exit(2);
}

const operator = await Operator.open(loginUrl, vehicle);
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    await operator.leaves();
    process.exit(0);
  });
}

function stopped(state) {
  return state === 'SafeStop' || state === 'Halt';
}

/** Holds the enable switch and one key after the other; a latched stop is re-armed, as a person would. */
async function drive() {
  for (;;) {
    const { state } = await operator.says();
    if (stopped(state)) {
      await operator.rearms();
    }
    if (state !== 'Teleop') {
      await operator.letsGo();
      try {
        await operator.enables();
      } catch (error) {
        // A truck that stopped meanwhile is re-armed in the next turn.
        if (error instanceof TooLate && stopped((await operator.says()).state)) {
          continue;
        }
        throw error;
      }
    }
    for (const key of ['w', 's']) {
      await operator.page.keyboard.down(key);
      await pause(LEG_MS);
      await operator.page.keyboard.up(key);
    }
  }
}

await drive();
