import { describe, expect, it } from "vitest";
import { rowsFor } from "./places";

describe("places of pictures", () => {
  it("puts three above each other where each stays 320 px wide", () => {
    expect(rowsFor(3, 580)).toBe(3);
    expect(rowsFor(3, 568)).toBe(2);
  });

  it("keeps pictures wide on the low window of a small screen", () => {
    for (const height of [350, 430, 548, 700, 1000]) {
      const rows = rowsFor(3, height);
      const cell = (height - (rows - 1) * 6) / rows;
      expect((cell * 16) / 9 - 8, `${height} px`).toBeGreaterThanOrEqual(rows > 1 ? 320 : 0);
    }
  });

  it("has a row even where nothing fits, and no more rows than pictures", () => {
    expect(rowsFor(3, 0)).toBe(1);
    expect(rowsFor(0, 900)).toBe(1);
    expect(rowsFor(1, 900)).toBe(1);
    expect(rowsFor(7, 2000)).toBe(3);
  });
});
