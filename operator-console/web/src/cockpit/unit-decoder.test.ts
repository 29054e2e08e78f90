import { afterEach, describe, expect, it, vi } from "vitest";
import { type FakeDecoder, type FakeFrame, fakeDecoders, unit } from "./codecs.fixture";
import { parametersOf, UnitDecoder } from "./unit-decoder";

afterEach(() => vi.unstubAllGlobals());

describe("decoder of units", () => {
  it("hands out frames with the stamp to name in commands", () => {
    const { decoder, made, frames } = decoding();
    const key = unit(3, true);
    expect(decoder.decode(key)).toBe(true);
    expect(made[0]?.queue[0]).toEqual({ type: "key", timestamp: key.capture_us });
    made[0]?.run();
    expect(frames.map(({ rtp }) => rtp)).toEqual([key.rtp]);
  });

  it("takes no more than three that wait, and then begins anew at a key frame", () => {
    const { decoder, made } = decoding();
    expect([unit(1, true), unit(2, false), unit(3, false), unit(4, false)].map((next) => decoder.decode(next))).toEqual([true, true, true, true]);
    expect(decoder.decode(unit(5, false))).toBe(false);
    expect(decoder.decode(unit(6, true))).toBe(true);
    expect(made).toHaveLength(1);
    expect(made[0]).toMatchObject({ resets: 1, configured: 2, queue: [{ type: "key" }] });
  });

  it("is configured once for each size", () => {
    const { decoder, made } = decoding();
    for (const next of [unit(1, true, 40), unit(2, false), unit(3, true, 40), unit(4, true, 80), unit(5, true, 80)]) {
      decoder.decode(next);
      made[0]?.run();
    }
    expect(made[0]?.configured).toBe(2);
  });

  it("makes a new decoder after a failure, at a key frame", () => {
    const { decoder, made, failed } = decoding();
    decoder.decode(unit(1, true));
    made[0]?.break();
    expect(failed).toEqual(["it broke"]);
    expect(decoder.decode(unit(2, false))).toBe(false);
    expect(decoder.decode(unit(3, true))).toBe(true);
    expect(made).toHaveLength(2);
    expect(made[1]?.queue).toHaveLength(1);
  });

  it("says when a unit is refused at once", () => {
    const { decoder, made, failed } = decoding();
    decoder.decode(unit(1, true));
    made[0]?.reset();
    decoder.decode(unit(2, false));
    expect(failed).toEqual(["it is not configured"]);
    expect(made[0]?.state).toBe("closed");
  });

  it("closes its decoder, and each frame that comes after that", () => {
    const { decoder, made, frames } = decoding();
    decoder.decode(unit(1, true));
    decoder.close();
    expect(made[0]?.state).toBe("closed");
    made[0]?.run();
    expect(frames).toEqual([]);
    expect(made[0]?.frames[0]?.closed).toBe(1);
    expect(decoder.decode(unit(2, true))).toBe(false);
  });

  it("finds the parameter set between start codes of three and of four bytes", () => {
    expect(parametersOf(unit(1, true, 40).bytes)).toEqual(Uint8Array.of(0x67, 66, 40, 0));
    expect(parametersOf(Uint8Array.of(0, 0, 1, 0x67, 5, 6))).toEqual(Uint8Array.of(0x67, 5, 6));
    expect(parametersOf(unit(1, false).bytes)).toBeNull();
    expect(parametersOf(new Uint8Array())).toBeNull();
  });
});

function decoding() {
  const { made, make } = fakeDecoders();
  const frames: { frame: FakeFrame; rtp: number }[] = [];
  const failed: string[] = [];
  const decoder = new UnitDecoder(
    { frame: (frame, rtp) => frames.push({ frame: frame as unknown as FakeFrame, rtp }), failed: (why) => failed.push(why) },
    make,
  );
  return { decoder, made: made as readonly FakeDecoder[], frames, failed };
}
