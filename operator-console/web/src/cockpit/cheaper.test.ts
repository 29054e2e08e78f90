import { describe, expect, it } from "vitest";
import { Cheaper } from "./cheaper";

describe("the cheaper way", () => {
  it("is found by trying both in turn, and one busy moment does not decide", () => {
    const choice = new Cheaper(["draw", "copy"] as const);
    const taken: string[] = [];
    for (let at = 0; at < 16; at += 1) {
      const way = choice.next;
      taken.push(way);
      choice.took(way, way === "draw" ? 2 : at === 1 ? 90 : 0.8);
    }
    expect(taken.slice(0, 4)).toEqual(["draw", "copy", "draw", "copy"]);
    expect(choice.next).toBe("copy");
    choice.took("copy", 50);
    expect(choice.next).toBe("copy");
  });

  it("is the first one where both cost the same", () => {
    const choice = new Cheaper(["draw", "copy"] as const);
    for (let at = 0; at < 16; at += 1) choice.took(choice.next, 1);
    expect(choice.next).toBe("draw");
  });

  it("is the other one where one is not possible", () => {
    const choice = new Cheaper(["draw", "copy"] as const);
    choice.without("copy");
    expect(choice.next).toBe("draw");
  });
});
