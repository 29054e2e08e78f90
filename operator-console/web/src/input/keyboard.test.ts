import { describe, expect, it } from "vitest";
import { KeyboardDrive, type Reach } from "./keyboard";

const REACH: Reach = { max_speed_mm_s: 2500, max_steering_mrad: 1200, cap_mm_s: 1000, lift_mm_s: 100 };

describe("keyboard", () => {
  it("drives only while Shift is held", () => {
    const keys = hold("KeyW");
    expect(after(keys, 1000).speed_mm_s).toBe(0);
    keys.press("ShiftLeft");
    const wish = after(keys, 1000, 1000);
    expect(wish.enable).toBe(true);
    expect(wish.speed_mm_s).toBeGreaterThan(500);
  });

  it("raises the speed step by step and stops a little above the cap", () => {
    const keys = hold("ShiftLeft", "KeyW");
    const early = after(keys, 100).speed_mm_s;
    const late = after(keys, 5000, 100).speed_mm_s;
    expect(early).toBeLessThan(200);
    expect(late).toBe(1200);
  });

  it("never asks for more than the vehicle can do", () => {
    const keys = hold("ShiftRight", "ArrowDown", "ArrowRight");
    const wish = after(keys, 10_000, 0, { ...REACH, cap_mm_s: 9000 });
    expect(wish.speed_mm_s).toBe(-2500);
    expect(wish.steering_mrad).toBe(-1200);
  });

  it("follows a cap that falls at once", () => {
    const keys = hold("ShiftLeft", "KeyW");
    after(keys, 5000);
    expect(after(keys, 10, 5000, { ...REACH, cap_mm_s: 0 }).speed_mm_s).toBeLessThanOrEqual(200);
  });

  it("centres the wheel and brakes when keys are let go", () => {
    const keys = hold("ShiftLeft", "KeyW", "KeyA");
    expect(after(keys, 3000).steering_mrad).toBe(1200);
    keys.release("KeyW");
    keys.release("KeyA");
    expect(after(keys, 1500, 3000)).toEqual({ enable: true, speed_mm_s: 0, steering_mrad: 0, lift_mm_s: 0 });
  });

  it("wants nothing after everything was let go at once", () => {
    const keys = hold("ShiftLeft", "KeyW", "KeyD");
    after(keys, 3000);
    keys.releaseAll();
    expect(after(keys, 4, 3000)).toEqual({ enable: false, speed_mm_s: 0, steering_mrad: 0, lift_mm_s: 0 });
  });

  it("lifts and lowers only while Shift is held, and never without forks", () => {
    const keys = hold("PageUp");
    expect(after(keys, 100).lift_mm_s).toBe(0);
    keys.press("ShiftLeft");
    expect(after(keys, 100).lift_mm_s).toBe(100);
    expect(after(keys, 100, 100, { ...REACH, lift_mm_s: 0 }).lift_mm_s).toBe(0);
    keys.press("PageDown");
    expect(after(keys, 100, 200).lift_mm_s).toBe(0);
    keys.release("PageUp");
    expect(after(keys, 100, 300)).toEqual({ enable: true, speed_mm_s: 0, steering_mrad: 0, lift_mm_s: -100 });
    keys.releaseAll();
    expect(after(keys, 4, 400).lift_mm_s).toBe(0);
  });

  it("does not jump after a stall", () => {
    const keys = hold("ShiftLeft", "KeyW");
    keys.sample(0, REACH);
    expect(keys.sample(60_000, REACH).speed_mm_s).toBeLessThan(100);
  });

  it("wants nothing when opposite keys are held", () => {
    const keys = hold("ShiftLeft", "KeyW", "KeyS", "KeyA", "KeyD");
    expect(after(keys, 2000)).toEqual({ enable: true, speed_mm_s: 0, steering_mrad: 0, lift_mm_s: 0 });
  });
});

function hold(...codes: string[]): KeyboardDrive {
  const keys = new KeyboardDrive();
  for (const code of codes) keys.press(code);
  return keys;
}

function after(keys: KeyboardDrive, span_ms: number, from_ms = 0, reach = REACH) {
  let wish = keys.sample(from_ms, reach);
  for (let at = from_ms + 4; at <= from_ms + span_ms; at += 4) wish = keys.sample(at, reach);
  return wish;
}
