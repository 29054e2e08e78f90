import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeFrame, rtpOf, type Unit, UnitError } from "./units";

interface Golden {
  name: string;
  type: string;
  hex: string;
  value: { number: number; received_us: number; relayed_us: number; header: Record<string, unknown> & { length: number } };
}

const GOLDEN = (JSON.parse(readFileSync(new URL("../../../../gateway/protocol/golden/media.json", import.meta.url), "utf8")) as Golden[]).filter(
  ({ type }) => type === "PictureHead",
);
/** Where the vehicle's own header begins. */
const HEADER = 21;

describe("frames with pictures", () => {
  it("has vectors to read", () => expect(GOLDEN.length).toBeGreaterThanOrEqual(3));

  it.each(GOLDEN)("reads $name", ({ hex, value }) => {
    const { length, ...header } = value.header;
    const unit = unitOf(frame(hex, length));
    const { bytes, ...said } = unit;
    expect(said).toEqual({ number: value.number, received_us: value.received_us, relayed_us: value.relayed_us, ...header });
    expect(bytes.byteLength).toBe(length);
    expect(bytes[0]).toBe(0x5a);
  });

  it("shows the picture's bytes where they are and copies none", () => {
    const bytes = good();
    expect(unitOf(bytes).bytes.buffer).toBe(bytes.buffer);
  });

  it.each([
    ["another version", HEADER, 2, "version 2"],
    ["another codec", HEADER + 1, 9, "codec 9"],
    ["an unknown flag", HEADER + 3, 2, "reserved"],
    ["a key frame that needs another one", HEADER + 3, 1, "depend"],
    ["reserved bytes", HEADER + 27, 1, "reserved"],
    ["a time beyond all times", HEADER + 12, 1, "time"],
  ])("refuses %s, though it has arrived", (_name, at, value, why) => {
    const bytes = good();
    bytes[at] = value;
    expect(() => decodeFrame(bytes)).toThrow(why);
    expect(numberOf(bytes)).toBe(1);
  });

  it.each([
    ["a head cut short", (bytes: Uint8Array<ArrayBuffer>) => bytes.subarray(0, 48)],
    ["a picture cut short", (bytes: Uint8Array<ArrayBuffer>) => bytes.subarray(0, -1)],
    ["bytes after the picture", (bytes: Uint8Array<ArrayBuffer>) => new Uint8Array([...bytes, 0])],
  ])("refuses %s, which has not arrived", (_name, spoil) => {
    expect(numberOf(spoil(good()))).toBeNull();
  });

  it("tells messages from pictures and refuses the rest", () => {
    expect(decodeFrame(Uint8Array.of(2, 0xa0))).toEqual({ message: Uint8Array.of(0xa0) });
    expect(() => decodeFrame(Uint8Array.of(3))).toThrow("frame 3");
    expect(() => decodeFrame(new Uint8Array())).toThrow("empty");
  });

  it("refuses a picture that is longer than any", () => {
    const bytes = frame(GOLDEN[0]?.hex ?? "", 512 * 1024 + 1);
    new DataView(bytes.buffer).setUint32(HEADER + 20, 512 * 1024 + 1);
    expect(numberOf(bytes)).toBeNull();
    new DataView(bytes.buffer).setUint32(HEADER + 20, 512 * 1024);
    expect(unitOf(bytes.subarray(0, -1)).bytes.byteLength).toBe(512 * 1024);
  });

  it("makes the 32-bit stamp exactly, however long the vehicle has been running", () => {
    for (const capture_us of [0, 99, 100, 4_500_000_123, 47_721_858_844, 47_721_858_845, Number.MAX_SAFE_INTEGER]) {
      expect(rtpOf(capture_us)).toBe(Number(((BigInt(capture_us) * 9n) / 100n) % 2n ** 32n));
    }
  });
});

function good(): Uint8Array<ArrayBuffer> {
  return frame(GOLDEN[0]?.hex ?? "", 5000);
}

function frame(hex: string, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...Buffer.from(hex, "hex"), ...new Uint8Array(length).fill(0x5a)]);
}

function unitOf(bytes: Uint8Array<ArrayBuffer>): Unit {
  const read = decodeFrame(bytes);
  if (!("unit" in read)) throw new Error("this is no picture");
  return read.unit;
}

function numberOf(bytes: Uint8Array<ArrayBuffer>): number | null {
  try {
    decodeFrame(bytes);
  } catch (error) {
    if (error instanceof UnitError) return error.number;
  }
  throw new Error("it was not refused");
}
