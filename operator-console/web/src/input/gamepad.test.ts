import { describe, expect, it } from "vitest";
import { PadDrive, type PadSnapshot } from "./gamepad";

const REACH = { max_speed_mm_s: 2000, max_steering_mrad: 1000, cap_mm_s: 1500, lift_mm_s: 0 };

describe("game pad", () => {
  it("arms nothing before each axis has moved once", () => {
    const pad = new PadDrive();
    const reading = pad.read(snapshot({ forward: 0, enable: true }), REACH);
    expect(reading?.missing).toEqual(["left stick", "left trigger", "right trigger"]);
    expect(reading?.wish).toEqual({ enable: false, speed_mm_s: 0, steering_mrad: 0, lift_mm_s: 0 });
  });

  it("drives once all is known and the switch is pressed anew", () => {
    const pad = known();
    expect(pad.read(snapshot({ forward: 1, enable: true }), REACH)?.wish.speed_mm_s).toBe(1500);
    expect(pad.read(snapshot({ backward: 1, enable: true, steer: 1 }), REACH)?.wish).toEqual({
      enable: true, speed_mm_s: -1500, steering_mrad: -1000, lift_mm_s: 0,
    });
  });

  it("does not arm with a switch that was held while the axes became known", () => {
    const pad = new PadDrive();
    pad.read(snapshot({ enable: true }), REACH);
    pad.read(snapshot({ steer: 1, forward: 1, backward: 1, enable: true }), REACH);
    expect(pad.read(snapshot({ forward: 1, enable: true }), REACH)?.wish.enable).toBe(false);
  });

  it("forgets everything when it is unplugged", () => {
    const pad = known();
    expect(pad.read(null, REACH)).toBeNull();
    expect(pad.read(snapshot({ forward: 1, enable: true }), REACH)?.wish.enable).toBe(false);
  });

  it("does not arm by itself after everything had to be let go, but when the hands have come off it all", () => {
    const pad = known();
    expect(pad.read(snapshot({ forward: 1, enable: true }), REACH)?.wish.enable).toBe(true);
    pad.drop();
    const enabled = (held: Parameters<typeof snapshot>[0]): boolean | undefined => pad.read(snapshot(held), REACH)?.wish.enable;
    expect(enabled({ forward: 1, enable: true })).toBe(false);
    expect(enabled({ enable: true })).toBe(false);
    enabled({ steer: 0.5 });
    expect(enabled({ steer: 0.5, enable: true })).toBe(false);
    enabled({});
    expect(enabled({ enable: true })).toBe(true);
  });

  it("does not arm with both triggers held, though they ask for nothing together", () => {
    const pad = known();
    pad.read(snapshot({ forward: 1, backward: 1 }), REACH);
    expect(pad.read(snapshot({ forward: 1, enable: true }), REACH)?.wish).toMatchObject({ enable: false, speed_mm_s: 0 });
  });

  it("does not trust a device with its own layout", () => {
    const pad = known();
    const reading = pad.read({ ...snapshot({ forward: 1, enable: true }), mapping: "" }, REACH);
    expect(reading?.wish.enable).toBe(false);
  });

  it("treats a value that is no number as unknown", () => {
    const pad = new PadDrive();
    pad.read(snapshot({ steer: Number.NaN }), REACH);
    expect(pad.read(snapshot({ steer: Number.NaN }), REACH)?.bars[0]).toEqual({ label: "left stick", raw: 0, known: false });
  });
});

function known(): PadDrive {
  const pad = new PadDrive();
  pad.read(snapshot({}), REACH);
  pad.read(snapshot({ steer: -1, forward: 1, backward: 1 }), REACH);
  pad.read(snapshot({}), REACH);
  return pad;
}

function snapshot({ steer = 0, forward = 0, backward = 0, enable = false }): PadSnapshot {
  const buttons = Array.from({ length: 17 }, () => ({ pressed: false, value: 0 }));
  buttons[5] = { pressed: enable, value: Number(enable) };
  buttons[6] = { pressed: backward > 0.5, value: backward };
  buttons[7] = { pressed: forward > 0.5, value: forward };
  return { id: "pad", mapping: "standard", axes: [steer, 0, 0, 0], buttons };
}
