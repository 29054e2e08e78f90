import { describe, expect, it } from "vitest";
import { CAUSE_WORDS, NEED_WORDS, STATE_WORDS, wordOf } from "../ui/words";
import { allEdges, edgesOf, loadAnswers, rulesOf, standsAt } from "./whatif";

const answers = await loadAnswers();

describe("what if", () => {
  it("has an answer for every question, in words that the page knows", () => {
    for (const situation of answers.situations) {
      for (const event of answers.events) {
        const story = answers.answers[situation.id]?.[event.id];
        expect(story?.steps[0]?.at_ms, `${situation.id}, ${event.id}`).toBe(0);
        for (const step of story?.steps ?? []) {
          expect(wordOf(STATE_WORDS, step.state)).not.toBeNull();
          expect(step.causes.map((cause) => wordOf(CAUSE_WORDS, cause))).not.toContain(null);
          expect(step.needs.map((need) => wordOf(NEED_WORDS, need))).not.toContain(null);
        }
      }
    }
  });

  it("tells what a lost link does to a truck that is driven", () => {
    const story = answers.answers["teleop"]?.["link_gone"];
    if (!story) throw new Error("no such story");
    expect(edgesOf(story)).toEqual([["Teleop", "SafeStop"], ["SafeStop", "Halt"]]);
    expect(rulesOf(answers, story).map(({ cause }) => cause)).toEqual(["command_lost"]);
    expect(standsAt(story, answers.point_ms)).toBeLessThan(3000);
  });

  it("shows how each state is reached and left", () => {
    const edges = allEdges(answers);
    for (const state of ["Parked", "Handover", "Teleop", "SafeStop", "Halt", "EStop"] as const) {
      expect(edges.some(([, to]) => to === state), state).toBe(true);
    }
    expect(edges.some(([from, to]) => from === "Halt" && to === "Teleop"), "no shortcut").toBe(false);
  });
});
