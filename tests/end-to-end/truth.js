// The simulator's ground truth: what really happened, in one clock (CLOCK_MONOTONIC of this machine).

import { until } from './waiting.js';

// A truck that stands may still tremble by a rounding of its own measurement.
const STANDING_MPS = 0.005;

export class Truth {
  constructor(url) {
    this.url = url;
  }

  /** Everything at this moment. */
  async now() {
    const truth = await (await fetch(`${this.url}/truth`)).json();
    const machines = truth.machines.map((machine) => ({ ...machine, speed_mps: machine.speed_mm_s / 1000 }));
    return { ...truth, machines };
  }

  /** One machine at this moment. */
  async machine(name) {
    const truth = await this.now();
    const machine = truth.machines.find((machine) => machine.name === name);
    if (!machine) {
      throw new Error(`the simulator knows no machine ${name}`);
    }
    return machine;
  }

  /** Actuator commands that a machine got since an instant of CLOCK_MONOTONIC, oldest first, and where it was at each. */
  async actuators(name, sinceUs) {
    return (await fetch(`${this.url}/truth/actuators?machine=${name}&since_us=${Math.floor(sinceUs)}`)).json();
  }

  /** Breaks something of a machine, or mends it: `emergency_stop`, `camera_frozen:NAME`, ... */
  async fault(machine, kind, on) {
    const response = await fetch(`${this.url}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ machine, kind, on }),
    });
    if (!response.ok) {
      throw new Error(`${kind}: ${response.status} ${await response.text()}`);
    }
  }

  /** Waits until a machine stands, and returns where. */
  async atRest(name, limit = 10_000) {
    return until(
      `${name} stands`,
      async () => {
        const machine = await this.machine(name);
        return Math.abs(machine.speed_mps) < STANDING_MPS ? machine : null;
      },
      { limit, describe: async () => JSON.stringify(await this.machine(name)) },
    );
  }
}

/** Metres from one place to another along the first one's heading: positive is forward. */
export function forward(from, to) {
  return (to.x_m - from.x_m) * Math.cos(from.heading_rad) + (to.y_m - from.y_m) * Math.sin(from.heading_rad);
}
