import { describe, expect, it } from "vitest";
import { VehicleClock } from "./clock";

const OFFSET = 9_000_000_000_000;
const rtpOf = (capture_us: number): number => Number((BigInt(Math.round(capture_us)) * 9n) / 100n & 0xffff_ffffn);

describe("vehicle clock", () => {
  it("knows nothing before the first state", () => {
    expect(new VehicleClock().ageMs(0, 0)).toBeNull();
  });

  it("trusts the least delayed state and half the best round trip", () => {
    const clock = new VehicleClock();
    for (const delay of [40_000, 12_000, 90_000]) clock.state(1_000_000 + delay, OFFSET + 1_000_000);
    clock.roundTrip(1_100_000, 30_000);
    clock.roundTrip(1_100_000, 24_000);
    expect(clock.now(2_000_000)).toBe(OFFSET + 2_000_000);
  });

  it("ages a picture by its stamp, across the wrap of the stamp", () => {
    const clock = new VehicleClock();
    const wrap_us = ((2 ** 32 * 100) / 9) * 3;
    clock.state(0, wrap_us + 20_000);
    expect(clock.ageMs(0, rtpOf(wrap_us - 30_000))).toBeCloseTo(50, 0);
    expect(clock.ageMs(100_000, rtpOf(wrap_us - 30_000))).toBeCloseTo(150, 0);
    expect(clock.captureOf(0, rtpOf(wrap_us - 30_000))).toBeCloseTo(wrap_us - 30_000, -2);
  });

  it("never shows a picture from the future", () => {
    const clock = new VehicleClock();
    clock.state(0, OFFSET);
    expect(clock.ageMs(0, rtpOf(OFFSET + 5000))).toBe(0);
  });

  it("forgets an old best when clocks drift apart", () => {
    const clock = new VehicleClock();
    clock.state(0, OFFSET + 5000);
    for (let at = 1_000_000; at <= 15_000_000; at += 500_000) clock.state(at, OFFSET + at);
    expect(clock.now(15_000_000)).toBe(OFFSET + 15_000_000);
  });

  it("starts anew when the vehicle's host booted", () => {
    const clock = new VehicleClock();
    clock.state(0, OFFSET);
    clock.state(1_000_000, 40_000_000);
    expect(clock.now(1_000_000)).toBe(40_000_000);
  });
});
