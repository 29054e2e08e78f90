import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { encode } from "cborg";
import { decodeState, decodeToConsole, encodeFromConsole, whole } from "./codec";
import type { FromConsole } from "./generated/protocol";

interface Golden {
  name: string;
  type: string;
  hex: string;
  value: unknown;
}

const GOLDEN = golden("accepted");
const REFUSED = golden("refused");

describe("wire", () => {
  it.each(of(GOLDEN, "FromConsole"))("writes $name byte for byte", ({ value, hex }) => {
    expect(hexOf(encodeFromConsole(value as FromConsole))).toBe(hex);
  });

  it.each(of(GOLDEN, "VehicleState"))("reads $name", ({ value, hex }) => {
    expect(decodeState(bytesOf(hex))).toEqual(value);
  });

  it.each(of(GOLDEN, "ToConsole"))("reads $name", ({ value, hex }) => {
    const read = JSON.parse(JSON.stringify(decodeToConsole(bytesOf(hex)), (_key, inner: unknown) => (inner instanceof Uint8Array ? { $bytes: hexOf(inner) } : inner))) as unknown;
    expect(read).toEqual(value);
  });

  it.each(of(REFUSED, "ToConsole"))("refuses $name", ({ hex }) => {
    expect(() => decodeToConsole(bytesOf(hex))).toThrow();
  });

  it.each(of(REFUSED, "VehicleState"))("refuses $name", ({ hex }) => {
    expect(() => decodeState(bytesOf(hex))).toThrow();
  });

  it("refuses floats, duplicates, trailing bytes and other versions", () => {
    expect(() => decodeToConsole(bytesOf("a164706f6e67a16b6f70657261746f725f7573fb3ff8000000000000"))).toThrow("float");
    expect(() => decodeToConsole(bytesOf("a2616101616102"))).toThrow();
    expect(() => decodeToConsole(bytesOf("a164706f6e67a16b6f70657261746f725f75730100"))).toThrow();
    expect(() => decodeState(encode({ v: 2 }))).toThrow("version 2");
  });

  it("never writes a float for a whole number", () => {
    expect(hexOf(encode(whole(-0)))).toBe("00");
    expect(hexOf(encode(whole(Number.NaN)))).toBe("00");
    expect(whole(1.6)).toBe(2);
  });
});

function golden(name: string): Golden[] {
  return JSON.parse(readFileSync(new URL(`../../../../gateway/protocol/golden/${name}.json`, import.meta.url), "utf8")) as Golden[];
}

function of(messages: Golden[], type: string): Golden[] {
  return messages.filter((message) => message.type === type);
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
