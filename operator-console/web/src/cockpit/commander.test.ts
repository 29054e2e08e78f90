import { describe, expect, it } from "vitest";
import type { InputSample } from "../input/operator";
import { parked } from "./state.fixture";
import { Commander } from "./commander";

const IDLE: InputSample = { enable: false, speed_mm_s: 0, steering_mrad: 0, lift_mm_s: 0, age_ms: 4, source: "keys" };
const DRIVE: InputSample = { enable: true, speed_mm_s: 800, steering_mrad: -120, lift_mm_s: 100, age_ms: 4, source: "keys" };

describe("commander", () => {
  it("makes nothing without a lease", () => {
    const commander = new Commander();
    expect(commander.due(0, DRIVE)).toBe(false);
    expect(commander.make(0, DRIVE, [])).toBeNull();
  });

  it("sends every 20 ms and counts from 1", () => {
    const commander = leased();
    const sent = [];
    for (let at = 0; at < 1000; at += 4) {
      if (!commander.due(at, IDLE)) continue;
      sent.push(send(commander, at, IDLE).seq);
    }
    expect(sent).toHaveLength(50);
    expect(sent.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it("keeps the rhythm with late ticks and does not catch up lost beats", () => {
    const commander = leased();
    let count = 0;
    for (let at = 0; at < 1000; at += 9) {
      if (!commander.due(at, IDLE)) continue;
      send(commander, at, IDLE);
      count += 1;
    }
    expect(count).toBeGreaterThanOrEqual(48);
    expect(commander.due(5000, IDLE)).toBe(true);
    send(commander, 5000, IDLE);
    expect(commander.due(5004, IDLE)).toBe(false);
  });

  it("sends at once when the switch changes", () => {
    const commander = leased();
    send(commander, 0, IDLE);
    expect(commander.due(4, IDLE)).toBe(false);
    expect(commander.due(4, DRIVE)).toBe(true);
  });

  it("never enables on old input, and then asks for no speed", () => {
    const commander = leased();
    const old = { ...DRIVE, age_ms: 60 };
    expect(commander.make(0, old, [])).toMatchObject({ enable: false, speed_mm_s: 0, lift_mm_s: 0, input_age_ms: 60 });
    expect(commander.make(0, { ...DRIVE, age_ms: 59 }, [])).toMatchObject({ enable: true, speed_mm_s: 800, lift_mm_s: 100 });
  });

  it("lets go at once when told to, whatever the sample says", () => {
    const commander = leased();
    send(commander, 0, DRIVE);
    commander.releaseNow();
    expect(commander.due(1, DRIVE)).toBe(true);
    expect(send(commander, 1, DRIVE).enable).toBe(false);
    expect(commander.make(21, DRIVE, [])?.enable).toBe(true);
  });

  it("lets a confirmation go when the take-over ran out, so that the next one is seen as new", () => {
    const commander = leased();
    commander.confirm();
    commander.observe({ ...parked(), state: "Handover" }, 10);
    expect(commander.make(20, IDLE, [])?.confirm).toBe(true);
    commander.observe(parked(), 30);
    expect(commander.make(40, IDLE, [])?.confirm).toBe(false);
    commander.confirm();
    expect(commander.make(50, IDLE, [])?.confirm).toBe(true);
  });

  it("lets a repeated confirmation fall before it rises again", () => {
    const commander = leased();
    commander.confirm();
    expect(send(commander, 10, IDLE).confirm).toBe(true);
    commander.confirm();
    const said = [];
    for (let at = 30; said.length < 8; at += 20) said.push(send(commander, at, IDLE).confirm);
    expect(said).toEqual([false, false, false, false, false, false, true, true]);
  });

  it("confirms until driving begins", () => {
    const commander = leased();
    commander.confirm();
    commander.observe({ ...parked(), state: "Handover" }, 10);
    expect(commander.make(10, IDLE, [])?.confirm).toBe(true);
    commander.observe({ ...parked(), state: "Teleop" }, 20);
    expect(commander.make(20, IDLE, [])?.confirm).toBe(false);
  });

  it("sends an acknowledgement only after commands without it, and until the latch is gone", () => {
    const commander = leased();
    const halted = { ...parked(), state: "Halt" as const, latch: 9 };
    commander.acknowledge(9, 0);
    expect(commander.make(0, IDLE, [])?.rearm_latch).toBeNull();
    commander.acknowledge(9, 100);
    expect(commander.make(130, IDLE, [])?.rearm_latch).toBe(9);
    commander.observe(halted, 140);
    expect(commander.acknowledging).toBe(true);
    commander.observe(parked(), 150);
    expect(commander.make(160, IDLE, [])?.rearm_latch).toBeNull();
  });

  it("does not acknowledge a later latch with an earlier press", () => {
    const commander = leased();
    commander.acknowledge(9, 0);
    commander.observe({ ...parked(), state: "Halt", latch: 10 }, 200);
    expect(commander.make(200, IDLE, [])?.rearm_latch).toBeNull();
  });

  it("forgets everything with the lease", () => {
    const commander = leased();
    commander.confirm();
    commander.acknowledge(3, 0);
    commander.end();
    commander.grant({ epoch: 8, boot_id: 5 });
    expect(commander.make(500, IDLE, [])).toMatchObject({ seq: 1, epoch: 8, confirm: false, rearm_latch: null });
  });
});

function leased(): Commander {
  const commander = new Commander();
  commander.grant({ epoch: 7, boot_id: 5 });
  return commander;
}

function send(commander: Commander, at: number, sample: InputSample) {
  const command = commander.make(at, sample, []);
  if (!command) throw new Error("a lease makes a command");
  commander.sent(at, command);
  return command;
}
