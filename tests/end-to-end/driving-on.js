// Somebody drives a truck to and fro while other things happen, and nothing of it may reach her.

import { until } from './waiting.js';

const FAST_MPS = 0.5;
const SLOW_MPS = 0.1;

/** Drives for as long as `happens` takes, and a little longer. Fails if the truck was ever not driven. */
export async function drivesOnDuring(operator, happens) {
  await operator.enables();
  let over = false;
  const driving = async () => {
    for (let legs = 0; !over || legs < 2; legs += 1) {
      await leg(operator, legs % 2 === 0 ? 'w' : 's');
    }
    await operator.letsGo();
  };
  const happening = async () => {
    try {
      return await happens();
    } finally {
      over = true;
    }
  };
  const [driven, happened] = await Promise.allSettled([driving(), happening()]);
  for (const { status, reason } of [driven, happened]) {
    if (status === 'rejected') {
      throw reason;
    }
  }
  return happened.value;
}

/** One way: up to speed and down again. The truck ends about where two of them began. */
async function leg(operator, key) {
  const way = key === 'w' ? 1 : -1;
  await operator.page.keyboard.down(key);
  await reaches(operator, `it drives with ${key}`, (speed) => way * speed >= FAST_MPS);
  await operator.page.keyboard.up(key);
  await reaches(operator, 'it slows down', (speed) => Math.abs(speed) < SLOW_MPS);
}

function reaches(operator, what, fits) {
  const describe = () => operator.describes();
  const ask = async () => {
    const { state } = await operator.says();
    if (state !== 'Teleop') {
      throw new Error(`${operator.vehicle} is not driven any more: ${await describe()}`);
    }
    return fits((await operator.truth.machine(operator.vehicle)).speed_mps);
  };
  return until(what, ask, { limit: 10_000, describe });
}
