import { describe, expect, it } from "vitest";
import { PROMPT_MS, Stillness } from "./stillness";
import type { Command } from "../wire/generated/protocol";

describe("stillness", () => {
  it("grows while the switch is held and nothing changes", () => {
    const stillness = new Stillness();
    for (let at = 0; at <= PROMPT_MS; at += 20) stillness.sent(at, command({}));
    expect(stillness.forMs(PROMPT_MS)).toBe(PROMPT_MS);
  });

  it("starts anew with any change of speed, steering or forks", () => {
    for (const change of [{ speed_mm_s: 1 }, { steering_mrad: -1 }, { lift_mm_s: 1 }]) {
      const stillness = new Stillness();
      stillness.sent(0, command({}));
      stillness.sent(15_000, command(change));
      expect(stillness.forMs(PROMPT_MS)).toBe(5000);
    }
  });

  it("is over when the switch is let go, or the lease ends", () => {
    const stillness = new Stillness();
    stillness.sent(0, command({}));
    stillness.sent(15_000, command({ enable: false }));
    expect(stillness.forMs(PROMPT_MS)).toBe(0);
    stillness.sent(PROMPT_MS, command({}));
    stillness.end();
    expect(stillness.forMs(60_000)).toBe(0);
  });
});

function command(change: Partial<Command>): Command {
  return {
    v: 1, boot_id: 5, epoch: 7, seq: 1, operator_us: 0, enable: true, input_age_ms: 4, speed_mm_s: 800, steering_mrad: 0,
    lift_mm_s: 0, confirm: false, rearm_latch: null, stamps: [], ...change,
  };
}
