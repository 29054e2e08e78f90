// One cut of the link while a truck is driven, and what must follow. The stop bench runs it a hundred times.

import assert from 'node:assert/strict';
import { pause, until } from './waiting.js';

/**
 * Drives, cuts the link, checks the stop, and leaves the truck parked with a link again.
 * Returns the milliseconds from the last control datagram delivered to the first braking actuator command.
 */
export async function cutWhileDriving({ truth, vehicle, net }, operator, { driveFor }) {
  await operator.drivesForward();
  await pause(driveFor);
  await net.cut();
  const brake = await until('the first braking command', async () => {
    const lastDelivered = await net.lastDeliveredToVehicles();
    const commands = await truth.actuators(vehicle, lastDelivered);
    const braking = commands.find((command) => command.at_us >= lastDelivered && isBraking(command));
    return braking ? { received_us: braking.received_us, lastDelivered } : null;
  });
  await truth.atRest(vehicle);
  await operator.letsGo();
  await net.restore();
  const says = await operator.sees('the latched stop and its cause', ({ state, cause }) => state === 'Halt' && cause !== '', 20_000);
  assert.ok(['command_lost', 'lease_lost', 'picture_old'].includes(says.cause), `the cause is ${says.cause}`);
  await operator.rearms();
  return (brake.received_us - brake.lastDelivered) / 1000;
}

/** Zero traction and a demanded deceleration: coasting does not count. */
function isBraking(command) {
  return command.speed_mm_s === 0 && command.brake_mm_s2 > 0;
}
