// One cut of the link while a truck is driven, and what must follow.

import assert from 'node:assert/strict';
import { pause, until } from './waiting.js';

/** Drives, cuts the link, checks the stop, and leaves the truck parked with a link again. Returns as `cut` does. */
export async function cutWhileDriving(site, operator, { driveFor }) {
  await operator.drivesForward();
  await pause(driveFor);
  const silence = await cut(site);
  await operator.letsGo();
  await site.net.restore();
  await seesStop(operator);
  await operator.rearms();
  return silence;
}

/**
 * Cuts the link of a truck that is driven and waits until it stands.
 * Returns the milliseconds from the last control datagram delivered to the first braking actuator command.
 */
export async function cut({ truth, vehicle, net }) {
  await net.cut();
  const silence = await until('the first braking command', async () => {
    const lastDelivered = await net.lastDeliveredToVehicles();
    const commands = await truth.actuators(vehicle, lastDelivered);
    const braking = commands.find((command) => command.at_us >= lastDelivered && isBraking(command));
    return braking ? (braking.received_us - lastDelivered) / 1000 : null;
  });
  await truth.atRest(vehicle);
  return silence;
}

/** Waits until the page shows the stop, which must be latched and for a cause that a lost link has. */
export async function seesStop(operator) {
  const { cause } = await operator.sees('the latched stop and its cause', ({ state, cause }) => state === 'Halt' && cause !== '', 20_000);
  assert.ok(['command_lost', 'lease_lost', 'picture_old'].includes(cause), `the cause is ${cause}`);
}

/** Zero traction and the deceleration of a safe stop: the gentle one of coasting does not count. */
function isBraking(command) {
  return command.safe_stop && command.speed_mm_s === 0 && command.brake_mm_s2 > 0;
}
