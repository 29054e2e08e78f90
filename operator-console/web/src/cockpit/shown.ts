// From what is known to what the page's root element says and what the operator is told. Pure.

import type { ConsoleLink, VehicleState } from "../wire/generated/protocol";
import { PROMPT_MS, STUCK_MS } from "./stillness";
import type { Way } from "./ways";
import { type AuthorityShown, CAUSE_WORDS, NEED_WORDS, STATE_WORDS, type Tone, wordOf } from "../ui/words";

/** Past this age the state on show is old, and every figure of it looks old. */
export const STATE_OLD_MS = 1000;

export interface Known {
  state: VehicleState | null;
  link: ConsoleLink | null;
  state_age_ms: number | null;
  lease: "none" | "asked" | "mine";
  /** Whole seconds for which the switch has been held without any change of the controls. */
  still_s?: number;
  way?: Way | null;
}

/** True if a person must see this state at once: it says more than other numbers. */
export function saysMore(shown: VehicleState | null, newer: VehicleState): boolean {
  const words = ({ boot_id, state, causes, latch, authority, needs, lease_live, protection, still, swapped }: VehicleState): string =>
    JSON.stringify([boot_id, state, causes, latch, authority, needs, lease_live, protection, still, swapped]);
  return shown === null || words(shown) !== words(newer);
}

/** Who has authority, as the border shows it. */
export function authorityOf({ state, link, lease }: Known): AuthorityShown {
  if (lease === "mine") return "me";
  if (link && link.holder !== null && !link.mine) return "other";
  return state?.authority === "autonomy" ? "auto" : "none";
}

export interface Telling {
  word: string;
  sentence: string;
  tone: Tone;
  /** Why, worst first. */
  why: string[];
  /** What to do next, in order. */
  next: string[];
}

/** True once the newest state is too old to go by. */
export function silent({ state_age_ms }: Known): boolean {
  return state_age_ms !== null && state_age_ms > STATE_OLD_MS;
}

/** What happened, why, and what to do next. */
export function tellingOf(known: Known): Telling {
  const { state, link } = known;
  if (link && !link.connected) {
    return {
      word: "Truck away", tone: "alarm", sentence: "The truck is not connected to the gateway. On its own it stops and stands.",
      why: [], next: ["Wait, or have somebody look whether it is switched on and on the network."],
    };
  }
  if (state === null) {
    return { word: "Connecting", tone: "quiet", sentence: "Waiting for the truck's first word.", why: [], next: [] };
  }
  if (silent(known)) {
    return {
      word: "No contact", tone: "alarm", sentence: "Nothing is heard from the truck. On its own it stops and stands.",
      why: [], next: ["The connection is being rebuilt. What you see is old."],
    };
  }
  const asked = stillThere(known);
  if (asked) return asked;
  const words = wordOf(STATE_WORDS, state.state);
  const why = state.causes.map((cause) => {
    const cause_words = wordOf(CAUSE_WORDS, cause);
    return cause_words ? `${cause_words.word}: ${cause_words.sentence}` : cause;
  });
  // What the truck waits for is the other person's to do: nobody else must think that it is asked of her.
  const next = authorityOf(known) === "other" ? [] : state.needs.map((need) => wordOf(NEED_WORDS, need) ?? need);
  const word = state.state === "Teleop" && known.lease === "mine" ? "You may drive" : (words?.word ?? state.state);
  return { word, sentence: sentenceOf(known, words?.sentence), tone: words?.tone ?? "alarm", why, next };
}

/** True while the operator has to show that she is still there. */
export function prompted({ state, lease, still_s = 0 }: Known): boolean {
  return lease === "mine" && state?.state === "Teleop" && still_s * 1000 >= PROMPT_MS;
}

/** A switch held without a change is taken for a stuck one: a question first, and the reason once the truck let go of it. */
function stillThere(known: Known): Telling | null {
  const { state, still_s = 0 } = known;
  if (!prompted(known) || state === null) return null;
  if (state.needs.includes("neutral")) {
    return {
      word: "Switch let go", tone: "alarm", why: [],
      sentence: `The switch was held for ${STUCK_MS / 1000} s without any change, so the truck stands.`,
      next: ["Let go of all keys.", "Press the switch again and drive."],
    };
  }
  const left_s = Math.max(STUCK_MS / 1000 - still_s, 0);
  return {
    word: "Still there? Move a control", tone: "wait", why: [],
    sentence: `Nothing has changed for ${still_s} s. In ${left_s} s the truck stops.`, next: ["Steer a little, or change the speed."],
  };
}

function sentenceOf({ state, link, lease }: Known, sentence = "This page does not know this state: reload it."): string {
  if (state?.state === "Handover" && lease !== "mine") return `The truck stands and waits for ${link?.holder ?? "the person in control"}.`;
  if (state?.state !== "Teleop") return sentence;
  if (lease === "mine") return state.authority === "operator" ? "The truck follows your controls." : "Hold Shift and drive; let go to stand.";
  return `The truck follows ${link?.holder ?? "the person in control"}.`;
}

/** The attributes of the page's root element. Tools and tests read them. */
export function rootAttributes(known: Known): Record<string, string> {
  const { state, way } = known;
  const figure = (value: number | undefined): string => (value === undefined ? "" : String(value));
  return {
    authority: authorityOf(known),
    safetyState: state?.state ?? "",
    cause: state?.causes[0] ?? "",
    speedMmS: figure(state?.speed_mm_s),
    speedCapMmS: figure(state?.cap_mm_s),
    blindDistanceMm: figure(state?.blind_mm),
    needs: state?.needs.join(" ") ?? "",
    way: way ?? "",
  };
}

/** While it still rolls, an acknowledgement would be too early, and held down it would count for nothing. */
export function acknowledgeable(state: VehicleState | null): boolean {
  return state !== null && state.latch !== null && (state.state === "Halt" || state.state === "EStop");
}

/** Backwards is shown in the large place while the truck goes, or is asked to go, backwards. */
export function reversing(before: boolean, wished_mm_s: number, measured_mm_s: number): boolean {
  if (wished_mm_s < 0 || measured_mm_s < -ROLLING_MM_S) return true;
  if (wished_mm_s > 0 || measured_mm_s > ROLLING_MM_S) return false;
  return before;
}

const ROLLING_MM_S = 60;
