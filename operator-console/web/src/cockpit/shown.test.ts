import { describe, expect, it } from "vitest";
import { CAUSES, NEEDS, SAFETY_STATES } from "../wire/generated/protocol";
import { type Known, acknowledgeable, authorityOf, reversing, rootAttributes, saysMore, tellingOf } from "./shown";
import { authorityWords } from "../ui/words";
import { parked } from "./state.fixture";
import { stalenessOf } from "./staleness";

const LINK = { connected: true, vehicle_rtt_us: 900, state_age_ms: 20, holder: null, epoch: null, mine: false };
const KNOWN: Known = { state: parked(), link: LINK, state_age_ms: 30, lease: "none" };

describe("what is shown", () => {
  it("has a sentence for each state, cause and need", () => {
    for (const state of SAFETY_STATES) {
      const telling = tellingOf({ ...KNOWN, state: { ...parked(), state, causes: [...CAUSES], needs: [...NEEDS] } });
      expect(telling.sentence).toMatch(/\.$/);
      expect(telling.why.every((why) => /: .+\.$/.test(why))).toBe(true);
      expect(telling.next.every((next) => next.endsWith("."))).toBe(true);
    }
  });

  it("tells mine from another's control, from autonomy and from nobody's", () => {
    expect(authorityOf(KNOWN)).toBe("none");
    expect(authorityOf({ ...KNOWN, lease: "mine" })).toBe("me");
    expect(authorityOf({ ...KNOWN, link: { ...LINK, holder: "bob" } })).toBe("other");
    expect(authorityOf({ ...KNOWN, state: { ...parked(), authority: "autonomy" } })).toBe("auto");
  });

  it("asks from 20 s of a held switch whether somebody is there, and says why the truck let go of it", () => {
    const driving: Known = { ...KNOWN, lease: "mine", state: { ...parked(), state: "Teleop", needs: [] } };
    expect(tellingOf({ ...driving, still_s: 19 }).word).toBe("You may drive");
    expect(tellingOf({ ...driving, still_s: 21 })).toMatchObject({ word: "Still there? Move a control", tone: "wait" });
    expect(tellingOf({ ...driving, still_s: 21 }).sentence).toContain("In 4 s");
    const let_go: Known = { ...driving, still_s: 26, state: { ...parked(), state: "Teleop", needs: ["neutral"] } };
    expect(tellingOf(let_go)).toMatchObject({ word: "Switch let go", tone: "alarm" });
    expect(tellingOf({ ...driving, still_s: 30, lease: "none" }).word).not.toContain("Still");
  });

  it("does not ask of one person what the truck waits for from another", () => {
    const state = { ...parked(), state: "Handover" as const, needs: ["enable" as const] };
    const watching = tellingOf({ ...KNOWN, state, link: { ...LINK, holder: "bob" } });
    expect(watching).toMatchObject({ sentence: "The truck stands and waits for bob.", next: [] });
    expect(tellingOf({ ...KNOWN, state, lease: "mine" }).next).toHaveLength(1);
  });

  it("claims nothing about control that it no longer knows", () => {
    expect(authorityWords("none", null, { driven: false, old: true }).word).toBe("Control unknown");
    expect(authorityWords("me", null, { driven: true, old: true }).sentence).toContain("nothing is heard");
    expect(authorityWords("me", null, { driven: false, old: false }).sentence).toContain("does not move yet");
  });

  it("says aloud that nothing is heard", () => {
    expect(tellingOf({ ...KNOWN, state_age_ms: 1001 }).word).toBe("No contact");
    expect(tellingOf({ ...KNOWN, link: { ...LINK, connected: false } }).word).toBe("Truck away");
  });

  it("gives the root element the worst cause and figures, or nothing where nothing is known", () => {
    const state = { ...parked(), causes: ["picture_old" as const, "remote_stop" as const], speed_mm_s: -40, cap_mm_s: 900, blind_mm: 120 };
    expect(rootAttributes({ ...KNOWN, state, way: "quic" })).toEqual({
      way: "quic", needs: "lease", authority: "none", safetyState: "Parked", cause: "picture_old", speedMmS: "-40", speedCapMmS: "900", blindDistanceMm: "120",
    });
    expect(rootAttributes({ ...KNOWN, state: null })).toMatchObject({ safetyState: "", speedMmS: "", way: "" });
  });

  it("offers the acknowledgement only of a truck that has come to its stop", () => {
    expect(acknowledgeable({ ...parked(), state: "SafeStop", latch: 3 })).toBe(false);
    expect(acknowledgeable({ ...parked(), state: "Halt", latch: 3 })).toBe(true);
    expect(acknowledgeable({ ...parked(), state: "EStop", latch: 3 })).toBe(true);
    expect(acknowledgeable(null)).toBe(false);
  });

  it("keeps the view of the last direction while standing", () => {
    expect(reversing(false, -100, 0)).toBe(true);
    expect(reversing(true, 0, 0)).toBe(true);
    expect(reversing(true, 200, 0)).toBe(false);
    expect(reversing(false, 0, -200)).toBe(true);
  });

  it("changes the look of a picture at 150, 300 and 600 ms", () => {
    expect([149, 150, 299, 300, 599, 600].map((age) => stalenessOf(true, age))).toEqual([
      "fresh", "amber", "amber", "hatched", "hatched", "covered",
    ]);
    expect(stalenessOf(false, null)).toBe("none");
    expect(stalenessOf(true, null)).toBe("covered");
  });
});

describe("what a person must see at once", () => {
  it("is a change of words, not of numbers", () => {
    const shown = parked();
    expect(saysMore(null, shown)).toBe(true);
    expect(saysMore(shown, { ...shown, seq: 2, speed_mm_s: 900, cap_mm_s: 1200 })).toBe(false);
    expect(saysMore(shown, { ...shown, state: "SafeStop" })).toBe(true);
    expect(saysMore(shown, { ...shown, causes: ["command_lost"] })).toBe(true);
    expect(saysMore(shown, { ...shown, latch: 4 })).toBe(true);
    expect(saysMore(shown, { ...shown, still: [1] })).toBe(true);
    expect(saysMore(shown, { ...shown, swapped: [0, 1] })).toBe(true);
  });
});
