// A test with a system of its own and people who leave when it is over.

import { test } from 'node:test';
import { Operator } from './operator.js';
import { System } from './system.js';

/**
 * `scenario('name', {vehicles, net, names, timeout}, async ({system, arrive}) => ...)`.
 * When the body fails, the ends of all logs are printed.
 */
export function scenario(name, { timeout = 180_000, ...options }, body) {
  test(name, { timeout }, async () => {
    const system = await System.start(options);
    const people = [];
    const arrive = async (person, where) => {
      const operator = await Operator.arrive(system, person, where);
      people.push(operator);
      return operator;
    };
    try {
      await body({ system, truth: system.truth, net: system.net, vehicle: system.doors.vehicles[0], arrive });
    } catch (error) {
      console.error(await system.lastWords());
      for (const operator of people) {
        console.error('page errors:', operator.complaints);
      }
      throw error;
    } finally {
      await Promise.allSettled(people.map((operator) => operator.leaves()));
      await system.stop();
    }
  });
}
