// What the real safety core does in each situation when something happens. The answers are generated; here they are only read.

import type { CapTerm, Cause, Need, SafetyState } from "../wire/generated/protocol";

/** What the vehicle says from one moment on. */
export interface Step {
  at_ms: number;
  state: SafetyState;
  causes: Cause[];
  needs: Need[];
  speed_mm_s: number;
  cap_mm_s: number;
  cap_term: CapTerm;
}

export interface Story {
  steps: Step[];
  speeds_mm_s: number[];
  caps_mm_s: number[];
}

/** A row of the one table of rules. */
export interface Rule {
  cause: Cause;
  meaning: string;
  action: string;
  clears: string;
  take_over: string;
}

export interface Named {
  id: string;
  title: string;
}

export interface Answers {
  /** Milliseconds between two points of the curves. */
  point_ms: number;
  rules: Rule[];
  situations: Named[];
  events: Named[];
  /** Situation, event, story. */
  answers: Record<string, Record<string, Story>>;
}

export async function loadAnswers(): Promise<Answers> {
  const { default: told } = await import("./what-if.json");
  // Written by the core's own tests, which say when it is stale.
  return told as unknown as Answers;
}

/** From one state to the next. */
export type Edge = readonly [SafetyState, SafetyState];

/** The states of a story in their order, each change once. */
export function edgesOf(story: Story): Edge[] {
  const edges: Edge[] = [];
  for (const [index, step] of story.steps.entries()) {
    const before = story.steps[index - 1];
    if (before && before.state !== step.state) edges.push([before.state, step.state]);
  }
  return edges;
}

/** Every change that any story shows. */
export function allEdges(answers: Answers): Edge[] {
  const seen = new Map<string, Edge>();
  for (const stories of Object.values(answers.answers)) {
    for (const story of Object.values(stories)) {
      for (const edge of edgesOf(story)) seen.set(edge.join(">"), edge);
    }
  }
  return [...seen.values()];
}

/** The rules of all causes that come up in a story, in the table's order. */
export function rulesOf(answers: Answers, story: Story): Rule[] {
  const causes = new Set(story.steps.flatMap((step) => step.causes));
  return answers.rules.filter(({ cause }) => causes.has(cause));
}

/** The first moment at which the truck stands and stays standing; none if it moves to the end, or never moved. */
export function standsAt(story: Story, point_ms: number): number | null {
  const moving = story.speeds_mm_s.findLastIndex((speed) => speed !== 0);
  return moving < 0 || moving === story.speeds_mm_s.length - 1 ? null : (moving + 1) * point_ms;
}
