import { describe, expect, it } from "vitest";
import { Patience } from "./patience";

describe("patience with a connection", () => {
  it("gives a new connection time to begin", () => {
    const patience = new Patience();
    patience.built(10_000);
    expect(patience.over(13_000, { any_ms: null, state_ms: null, gateway_has_state: true })).toBe(false);
    expect(patience.over(13_001, { any_ms: null, state_ms: null, gateway_has_state: true })).toBe(true);
  });

  it("gives up after one second without a state that the gateway has", () => {
    const patience = proved();
    const heard = { any_ms: 5000, state_ms: 4100, gateway_has_state: true };
    expect(patience.over(5050, heard)).toBe(false);
    expect(patience.over(5150, heard)).toBe(true);
  });

  it("keeps the connection while the vehicle itself is silent", () => {
    expect(proved().over(60_000, { any_ms: 59_900, state_ms: 4100, gateway_has_state: false })).toBe(false);
  });

  it("gives up when nothing at all is heard", () => {
    expect(proved().over(6100, { any_ms: 5000, state_ms: 5000, gateway_has_state: false })).toBe(true);
  });

  it("tries again at once, then slower, and at once again after a success", () => {
    const patience = new Patience();
    expect([1, 2, 3, 4, 5, 6, 7].map(() => patience.nextDelay())).toEqual([0, 200, 400, 800, 1600, 2000, 2000]);
    patience.good();
    expect(patience.nextDelay()).toBe(0);
  });
});

function proved(): Patience {
  const patience = new Patience();
  patience.built(0);
  patience.good();
  return patience;
}
