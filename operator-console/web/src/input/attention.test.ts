import { describe, expect, it } from "vitest";
import { Attention } from "./attention";

describe("attention", () => {
  it("trusts nothing in the first moment", () => {
    expect(new Attention().tick(0)).toBeGreaterThanOrEqual(60);
  });

  it("is as old as one tick while the page keeps up", () => {
    const attention = settled();
    expect(attention.tick(104)).toBe(4);
    expect(attention.tick(124)).toBe(20);
  });

  it("stays old after a stall until the queue has been worked off", () => {
    const attention = settled();
    expect(attention.tick(600)).toBe(500);
    expect(attention.tick(601)).toBe(501);
    expect(attention.tick(639)).toBe(539);
    attention.tick(641);
    expect(attention.tick(645)).toBe(4);
  });
});

function settled(): Attention {
  const attention = new Attention();
  for (let at = 0; at <= 100; at += 4) attention.tick(at);
  return attention;
}
