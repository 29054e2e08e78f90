import { describe, expect, it } from "vitest";
import type { VehicleState } from "../wire/generated/protocol";
import { parked } from "./state.fixture";
import { Stopper } from "./stopper";

const CAUSES: VehicleState["causes"] = ["command_lost", "remote_stop"];
const STOPPING = { ...parked(), state: "SafeStop" as const, latch: 3, causes: CAUSES, speed_mm_s: 900 };
const HALTED = { ...parked(), state: "Halt" as const, latch: 3, causes: CAUSES };
const BY_ITSELF: VehicleState = { ...HALTED, causes: ["command_lost"] };

describe("stop", () => {
  it("repeats one request 50 times a second until the vehicle shows it", () => {
    const stopper = new Stopper();
    stopper.press(0, 77);
    const sent = run(stopper, 0, 180, true);
    expect(sent.datagrams).toHaveLength(9);
    expect(new Set(sent.datagrams)).toEqual(new Set([77]));
    expect(sent.http).toBe(0);
    stopper.observe(STOPPING, 180);
    expect(stopper.now.stage).toBe("accepted");
    expect(run(stopper, 180, 400, true)).toEqual({ datagrams: [], http: 0 });
    stopper.observe(HALTED, 400);
    expect(stopper.now.stage).toBe("done");
  });

  it("goes by http at once where the channel is closed, and again each half second", () => {
    const stopper = new Stopper();
    stopper.press(0, 1);
    expect(stopper.tick(0, false)).toEqual({ datagram: null, http: true });
    expect(run(stopper, 4, 1100, false)).toEqual({ datagrams: [], http: 2 });
  });

  it("goes by http too where the channel is open but nobody answers", () => {
    const stopper = new Stopper();
    stopper.press(0, 1);
    expect(run(stopper, 0, 300, true).http).toBe(1);
  });

  it("is not answered by a moving truck that is not latched", () => {
    const stopper = new Stopper();
    stopper.press(0, 1);
    stopper.observe({ ...parked(), state: "Teleop", speed_mm_s: 800 }, 400);
    expect(stopper.now.stage).toBe("asked");
  });

  it("is not answered by a latch of another cause, before the press or after it", () => {
    const stopper = new Stopper();
    stopper.press(0, 1);
    stopper.observe(BY_ITSELF, 20);
    expect(stopper.now.stage).toBe("asked");
    expect(run(stopper, 20, 120, true).datagrams).toHaveLength(5);
    stopper.observe(HALTED, 120);
    expect(stopper.now.stage).toBe("done");
  });

  it("is sent for a while although a stop stood before the press, which may just be acknowledged", () => {
    const stopper = new Stopper();
    stopper.observe(HALTED, 0);
    stopper.press(10, 1);
    stopper.observe(HALTED, 30);
    stopper.observe(HALTED, 1009);
    expect(stopper.now.stage).toBe("asked");
    stopper.observe(HALTED, 1010);
    expect(stopper.now.stage).toBe("done");
    stopper.observe(parked(), 1030);
    stopper.press(2000, 2);
    stopper.observe({ ...HALTED, latch: 4 }, 2040);
    expect(stopper.now.stage).toBe("done");
  });

  it("says so when no answer ever comes", () => {
    const stopper = new Stopper();
    stopper.press(0, 1);
    run(stopper, 0, 10_100, false);
    expect(stopper.now.stage).toBe("unanswered");
    stopper.observe(BY_ITSELF, 10_200);
    expect(stopper.now.stage).toBe("unanswered");
    stopper.observe(HALTED, 400);
    expect(stopper.now.stage).toBe("done");
  });

  it("can be pressed again after the latch was cleared", () => {
    const stopper = new Stopper();
    stopper.press(0, 1);
    stopper.observe(HALTED, 400);
    stopper.observe(parked(), 400);
    expect(stopper.now.stage).toBe("idle");
    stopper.press(5000, 2);
    expect(stopper.tick(5000, true).datagram).toBe(2);
  });
});

function run(stopper: Stopper, from_ms: number, to_ms: number, open: boolean) {
  const sent = { datagrams: [] as number[], http: 0 };
  for (let at = from_ms; at < to_ms; at += 4) {
    const output = stopper.tick(at, open);
    if (output.datagram !== null) sent.datagrams.push(output.datagram);
    if (output.http) sent.http += 1;
  }
  return sent;
}
