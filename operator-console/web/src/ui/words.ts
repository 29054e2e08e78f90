// What the vehicle's words mean to a person: what happened, why, what to do next. The only place with such sentences.

import type { CapTerm, Cause, Need, SafetyState, VehicleState } from "../wire/generated/protocol";

export const STATE_WORDS: Readonly<Record<SafetyState, { word: string; sentence: string; tone: Tone }>> = {
  Boot: { word: "Starting", sentence: "The truck is checking itself with the brake on.", tone: "quiet" },
  Parked: { word: "Parked", sentence: "The truck stands with the brake on.", tone: "quiet" },
  Auto: { word: "Drives itself", sentence: "The truck's own autonomy is in charge.", tone: "quiet" },
  Handover: { word: "Handover", sentence: "The truck stands and waits for you.", tone: "wait" },
  Teleop: { word: "Driven remotely", sentence: "The truck follows the person in control.", tone: "drive" },
  SafeStop: { word: "Stopping", sentence: "The truck is bringing itself to a stop.", tone: "alarm" },
  Halt: { word: "Stopped", sentence: "The truck has stopped and stays so until the stop is acknowledged.", tone: "alarm" },
  EStop: { word: "Red button", sentence: "The truck was stopped by its own emergency stop.", tone: "alarm" },
};

export type Tone = "quiet" | "wait" | "drive" | "alarm";

export const CAUSE_WORDS: Readonly<Record<Cause, { word: string; sentence: string }>> = {
  command_lost: { word: "Commands lost", sentence: "The truck heard no command for too long. Wait for a steady link." },
  picture_old: { word: "Pictures too old", sentence: "The pictures you acted on were too old. Wait until they are fresh again." },
  picture_unknown: { word: "Pictures not seen", sentence: "A needed camera was not on your screen. Bring every picture fully into view." },
  link_flapping: { word: "Link unsteady", sentence: "The link was bad too often. Wait until it has been steady for a while." },
  lease_lost: { word: "Control ended", sentence: "Control ended while driving. Take control again." },
  agent_lost: { word: "Vehicle computer silent", sentence: "The program for pictures and network on the truck is away. It restarts by itself; if not, call service." },
  machine_lost: { word: "Machine silent", sentence: "The truck's drive does not answer. Call service." },
  tick_overrun: { word: "Safety check late", sentence: "The truck's safety program ran late. If it happens again, call service." },
  remote_stop: { word: "Stop pressed", sentence: "A person pressed Stop. Ask why before you go on." },
  enable_panic: { word: "Switch pressed through", sentence: "The enable switch was pressed through. Let go, then acknowledge." },
  emergency_stop: { word: "Emergency stop", sentence: "Somebody pressed the red button on the truck. It must be reset there." },
  state_file_lost: { word: "Memory damaged", sentence: "The truck lost its safety memory and stays stopped until acknowledged." },
  clock_jump: { word: "Clock jumped", sentence: "The truck's computer slept or its clock jumped. Acknowledge to go on." },
  restarted: { word: "Restarted", sentence: "The truck's safety program restarted while in use. Look around, then acknowledge." },
  scan_lost: { word: "Scanner silent", sentence: "The truck's safety scanners are not heard. Wait; if they stay silent, call service." },
  field_breach: { word: "Something in the way", sentence: "Something was closer than the truck could stop. Look where it is before you go on." },
  no_way_out: { word: "No free stop", sentence: "The truck found no way to stop that was free, so it braked at once. Look around, then go on in creep." },
  picture_frozen: { word: "Picture stands still", sentence: "A needed camera showed nothing new while the truck moved. Check the pictures." },
  picture_swapped: { word: "Pictures exchanged", sentence: "Two cameras show each other's view. Call service before you drive on." },
  plan_lost: { word: "Autonomy silent", sentence: "The truck's own driving program went silent. A person must move the truck." },
  localisation_lost: { word: "Lost its place", sentence: "The truck no longer knew where it was and stopped driving by itself. Drive it to a place it knows." },
  off_corridor: { word: "Left its path", sentence: "The truck left the path it was given and stopped. Drive it back." },
  lease_revoked: { word: "Control taken away", sentence: "Somebody with the right took control away while driving. Ask before you go on." },
  steering_fault: { word: "Steering does not follow", sentence: "The wheel did not turn as told. Do not drive on; call service." },
  brake_fault: { word: "Brake too weak", sentence: "The truck did not slow as told. Do not drive on; call service." },
  lift_fault: { word: "Forks moved", sentence: "The forks moved although they must not. Look at the load; call service." },
  stop_overrun: { word: "Stop took too long", sentence: "The stop took more than 8 seconds or 6 metres, so the truck braked in full." },
  gateway_lost: { word: "Gateway away", sentence: "The truck lost the gateway and stopped at the end of its released path. Wait until it is connected again." },
  internal_fault: { word: "Internal fault", sentence: "The truck found an error in itself. Call service." },
};

export const NEED_WORDS: Readonly<Record<Need, string>> = {
  good_link: "Wait: the link must be good for two seconds.",
  lease: "Take control (Enter).",
  acknowledge: "Acknowledge the stop (R).",
  neutral: "Let go of all keys.",
  pictures: "Wait for fresh pictures of all needed cameras, fully in view.",
  confirm: "Confirm that you mean this truck (Enter).",
  enable: "Hold Shift to enable, then drive with W A S D.",
  truck_reset: "The emergency stop must be reset on the truck itself.",
  scanner: "Wait: the safety scanners must be heard.",
};

const CAP_WORDS: Readonly<Record<CapTerm, string>> = {
  state: "no motion in this state",
  site: "site limit",
  blind: "old pictures: slower",
  blind_trip: "drove too far blind: braking",
  late: "commands late: coasting",
  mast: "mast and load",
  curve: "curve",
  rising: "rising again",
  zone: "zone of the map",
  field: "free way ahead",
  link: "free way ahead, were the link lost",
  drift: "little room at the sides",
  guard: "room to stop",
  base: "end of the released path",
};

export type AuthorityShown = "none" | "me" | "other" | "auto";

/** What the page knows beside who has authority. */
export interface Standing {
  /** The truck obeys the person in control. */
  driven: boolean;
  /** Nothing was heard of the truck for too long: all of this is its last word. */
  old: boolean;
}

/** What limits the speed, as a person says it. */
export function capWords({ cap_term, pose }: Pick<VehicleState, "cap_term" | "pose">): string {
  if (cap_term === "zone" && pose === null) return "the truck does not know where it is";
  return wordOf(CAP_WORDS, cap_term) ?? cap_term;
}

/** The words of the page's border. */
export function authorityWords(shown: AuthorityShown, holder: string | null, { driven, old }: Standing): { word: string; sentence: string } {
  if (old && shown !== "me") return { word: "Control unknown", sentence: "Nothing is heard from the truck." };
  switch (shown) {
    case "me":
      if (old) return { word: "You have control", sentence: "But nothing is heard from the truck." };
      return { word: "You have control", sentence: driven ? "The truck listens to you." : "It does not move yet: see below." };
    case "other":
      return { word: `${holder ?? "Somebody"} has control`, sentence: "You can watch and stop." };
    case "auto":
      return { word: "Drives itself", sentence: "The truck's autonomy has control." };
    case "none":
      return { word: "Nobody has control", sentence: "The truck stands." };
  }
}

/** Words of another version of the vehicle still show as something readable. */
export function wordOf<Known extends string, Words>(table: Readonly<Record<Known, Words>>, word: string): Words | null {
  return Object.hasOwn(table, word) ? table[word as Known] : null;
}
