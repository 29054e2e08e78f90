import { afterEach, describe, expect, it, vi } from "vitest";
import type { PadSnapshot } from "./gamepad";
import { OperatorInput } from "./operator";

const REACH = { max_speed_mm_s: 2000, max_steering_mrad: 1000, cap_mm_s: 1500, lift_mm_s: 0 };

describe("hands on a pad", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("does not drive again at refocus by a switch and a trigger that were held all the time", () => {
    const { input, page, hold } = known();
    hold({ enable: true, forward: 1 });
    expect(input.sample(40, REACH)).toMatchObject({ enable: true, speed_mm_s: 1500 });
    page.focused = false;
    input.drop();
    // A page in the background may be told that nothing is pressed.
    hold({});
    expect(input.sample(44, REACH).enable).toBe(false);
    page.focused = true;
    hold({ enable: true, forward: 1 });
    expect(input.sample(48, REACH)).toMatchObject({ enable: false, speed_mm_s: 0 });
    hold({});
    input.sample(52, REACH);
    hold({ enable: true, forward: 1 });
    expect(input.sample(56, REACH)).toMatchObject({ enable: true, speed_mm_s: 1500 });
  });
});

/** A page in front with a pad whose axes have all been moved once. */
function known() {
  const page = { focused: true };
  let pad = snapshot({});
  vi.stubGlobal("document", { visibilityState: "visible", hasFocus: () => page.focused });
  vi.stubGlobal("navigator", { getGamepads: () => [pad] });
  const input = new OperatorInput(() => undefined, () => undefined);
  const hold = (held: Parameters<typeof snapshot>[0]): void => void (pad = snapshot(held));
  [{}, { steer: -1, forward: 1, backward: 1 }, {}].forEach((held, at) => {
    hold(held);
    input.sample(4 * at, REACH);
  });
  return { input, page, hold };
}

function snapshot({ steer = 0, forward = 0, backward = 0, enable = false }): PadSnapshot {
  const buttons = Array.from({ length: 17 }, () => ({ pressed: false, value: 0 }));
  buttons[5] = { pressed: enable, value: Number(enable) };
  buttons[6] = { pressed: backward > 0.5, value: backward };
  buttons[7] = { pressed: forward > 0.5, value: forward };
  return { id: "pad", mapping: "standard", axes: [steer, 0, 0, 0], buttons };
}
