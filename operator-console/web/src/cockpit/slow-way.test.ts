import { describe, expect, it } from "vitest";
import { KeyboardDrive, type Reach } from "../input/keyboard";
import { parked } from "./state.fixture";
import { capShown, reachBy, SLOW_WAY_MM_S, slowWarning } from "./slow-way";

const REACH: Reach = { max_speed_mm_s: 2000, max_steering_mrad: 1000, cap_mm_s: 1900, lift_mm_s: 100 };

describe("the slow way", () => {
  it("bounds the wish at 1.0 m/s in both directions, and only there", () => {
    expect(fastest("KeyW", reachBy("socket", REACH))).toBe(1000);
    expect(fastest("KeyS", reachBy("socket", REACH))).toBe(-1000);
    expect(fastest("KeyW", reachBy("quic", REACH))).toBe(2000);
    expect(fastest("KeyW", reachBy("webrtc", REACH))).toBe(2000);
  });

  it("raises no reach and changes nothing else of it", () => {
    const slow: Reach = { ...REACH, max_speed_mm_s: 600 };
    expect(reachBy("socket", slow)).toEqual(slow);
    expect(reachBy("socket", REACH)).toEqual({ ...REACH, max_speed_mm_s: SLOW_WAY_MM_S });
  });

  it("warns as long as it is in use, with the mend", () => {
    expect(slowWarning("socket", 7445, true)).toMatch(/^Slow way: .*1\.0 m\/s.*Let UDP through on port 7445/);
    expect(slowWarning("socket", null, true)).toMatch(/Let UDP through to the gateway,/);
    expect(slowWarning("quic", 7445, true)).toBeNull();
    expect(slowWarning(null, null, true)).toBeNull();
  });

  it("tells whoever only watches nothing of a pace that is not theirs", () => {
    expect(slowWarning("socket", 7445, false)).not.toMatch(/m\/s/);
    const state = { ...parked(), cap_mm_s: 1500, cap_term: "site" as const };
    expect(capShown("socket", false, state)).toEqual({ cap_mm_s: 1500, words: "site limit" });
  });

  it("is named beside the cap where it is what limits", () => {
    const state = { ...parked(), cap_mm_s: 1500, cap_term: "site" as const };
    expect(capShown("socket", true, state)).toEqual({ cap_mm_s: 1000, words: "slow way" });
    expect(capShown("socket", true, { ...state, cap_mm_s: 1000 })).toEqual({ cap_mm_s: 1000, words: "site limit" });
    expect(capShown("webrtc", true, state)).toEqual({ cap_mm_s: 1500, words: "site limit" });
  });
});

function fastest(code: string, reach: Reach): number {
  const keys = new KeyboardDrive();
  keys.press("ShiftLeft");
  keys.press(code);
  let fastest = 0;
  for (let at = 0; at < 5000; at += 4) {
    const { speed_mm_s } = keys.sample(at, reach);
    if (Math.abs(speed_mm_s) > Math.abs(fastest)) fastest = speed_mm_s;
  }
  return fastest;
}
