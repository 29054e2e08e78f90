import { describe, expect, it } from "vitest";
import { PadDrive, type PadSnapshot } from "./gamepad";
import { type WheelLayout, WheelLearning, layoutOf } from "./wheel";

const REACH = { max_speed_mm_s: 2000, max_steering_mrad: 1000, cap_mm_s: 1500, lift_mm_s: 0 };
const LAYOUT: WheelLayout = {
  steer: { axis: 0, rest: 0, full: -1 }, drive: { axis: 2, rest: 1, full: -1 }, brake: { axis: 3, rest: 1, full: -1 }, enable: 4, reverse: 5,
};

describe("learning a wheel", () => {
  it("finds wheel, pedals that rest at +1, and buttons from the operator's moves", () => {
    expect(learn().layout).toEqual(LAYOUT);
  });

  it("does not go on before a clear move", () => {
    const learning = new WheelLearning("wheel");
    learning.read(wheel({}));
    learning.read(wheel({ steer: -0.2 }));
    learning.next();
    expect(learning.say).toContain("left stop");
    expect(learning.layout).toBeNull();
  });

  it("does not take a pedal that is still pressed, or half let go, for one at rest", () => {
    const learning = new WheelLearning("wheel");
    for (const poll of [{}, { steer: -1 }, {}]) learning.read(wheel(poll));
    learning.next();
    for (const drive of [0, -1, -0.9, -1, 0]) {
      learning.read(wheel({ drive }));
      expect(learning.seen).toBe(false);
      learning.next();
    }
    expect(learning.say).toContain("accelerator");
    learning.read(wheel({}));
    expect(learning.seen).toBe(true);
  });

  it("learns a pedal that reads 0 until it is first touched", () => {
    const learning = new WheelLearning("wheel");
    const steps = [[{ drive: 0 }, { drive: 0, steer: -1 }, { drive: 0 }], [{ drive: 0.95 }, { drive: -1 }]];
    for (const polls of steps) {
      for (const poll of polls) learning.read(wheel(poll));
      learning.next();
    }
    expect(learning.say).toContain("accelerator");
    learning.read(wheel({}));
    expect(learning.seen).toBe(true);
  });

  it("reads back what it stored, and nothing else", () => {
    expect(layoutOf(JSON.stringify(LAYOUT))).toEqual(LAYOUT);
    for (const text of [null, "", "{}", "[1]", JSON.stringify({ ...LAYOUT, reverse: 4 }), JSON.stringify({ ...LAYOUT, drive: { axis: 2, rest: 1, full: 1 } })]) {
      expect(layoutOf(text)).toBeNull();
    }
  });
});

describe("driving with a wheel", () => {
  it("arms nothing while a pedal that rests at +1 still reads 0", () => {
    const drive = new PadDrive(() => LAYOUT);
    drive.read({ ...wheel({}), axes: [0, 0, 0, 0] }, REACH);
    expect(drive.read({ ...wheel({ enable: true }), axes: [0.5, 0, 0, 0] }, REACH)?.missing).toEqual(["accelerator", "brake"]);
  });

  it("drives by the accelerator, less by the brake, and steers to the side it is turned to", () => {
    const drive = known();
    expect(drive.read(wheel({ enable: true }), REACH)?.wish).toEqual({ enable: true, speed_mm_s: 0, steering_mrad: 0, lift_mm_s: 0 });
    const reading = drive.read(wheel({ enable: true, drive: -1, steer: -1 }), REACH);
    expect(reading?.wish).toMatchObject({ speed_mm_s: 1500, steering_mrad: 1000 });
    expect(drive.read(wheel({ enable: true, drive: -1, brake: -1 }), REACH)?.wish.speed_mm_s).toBe(0);
  });

  it("changes direction only with the accelerator at rest", () => {
    const drive = known();
    drive.read(wheel({ enable: true, drive: -1 }), REACH);
    expect(drive.read(wheel({ enable: true, drive: -1, reverse: true }), REACH)?.wish.speed_mm_s).toBe(1500);
    drive.read(wheel({ enable: true, reverse: true }), REACH);
    expect(drive.read(wheel({ enable: true, drive: -1, reverse: true }), REACH)?.wish.speed_mm_s).toBe(-1500);
  });

  it("does not arm while the brake hides an accelerator that is stuck", () => {
    const drive = known();
    drive.read(wheel({ drive: -1, brake: -1 }), REACH);
    expect(drive.read(wheel({ drive: -1, brake: -1, enable: true }), REACH)?.wish.enable).toBe(false);
    expect(drive.read(wheel({ drive: -1, enable: true }), REACH)?.wish).toMatchObject({ enable: false, speed_mm_s: 0 });
  });

  it("does not arm while the accelerator is off its rest, so that pedals learnt the wrong way round drive nothing", () => {
    const inverted = { ...LAYOUT, drive: { axis: 2, rest: -1, full: 1 } };
    const drive = known(inverted);
    expect(drive.read(wheel({ enable: true }), REACH)?.wish).toMatchObject({ enable: false, speed_mm_s: 0 });
  });
});

function learn(): WheelLearning {
  const learning = new WheelLearning("wheel");
  const show = (...polls: Parameters<typeof wheel>[0][]): void => {
    for (const poll of polls) learning.read(wheel(poll));
    learning.next();
  };
  show({}, { steer: -0.6 }, { steer: -1 }, {});
  show({ drive: 0 }, { drive: -1 }, {});
  show({ brake: -1 }, {});
  show({ enable: true }, {});
  show({ reverse: true }, {});
  return learning;
}

function known(layout = LAYOUT): PadDrive {
  const drive = new PadDrive(() => layout);
  drive.read(wheel({}), REACH);
  drive.read(wheel({ steer: -1, drive: -1, brake: -1 }), REACH);
  drive.read(wheel({}), REACH);
  return drive;
}

/** Like common wheels: no standard mapping, both pedals rest at +1. */
function wheel({ steer = 0, drive = 1, brake = 1, enable = false, reverse = false }): PadSnapshot {
  const buttons = Array.from({ length: 12 }, () => ({ pressed: false, value: 0 }));
  buttons[4] = { pressed: enable, value: Number(enable) };
  buttons[5] = { pressed: reverse, value: Number(reverse) };
  return { id: "wheel", mapping: "", axes: [steer, 0, drive, brake], buttons };
}
