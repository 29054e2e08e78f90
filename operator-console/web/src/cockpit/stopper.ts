// A stop from the press until the vehicle shows that it was heard. Asked, accepted and done are three different looks.

import type { VehicleState } from "../wire/generated/protocol";

export type StopStage =
  | { stage: "idle" }
  | { stage: "asked"; since_ms: number; request: number }
  | { stage: "accepted"; request: number }
  | { stage: "done" }
  | { stage: "unanswered" };

/** What to send now. */
export interface StopOutput {
  datagram: number | null;
  http: boolean;
}

/** The latch under which a remote stop stands. */
type StopShown = number | null;

const QUIET: StopOutput = { datagram: null, http: false };

export class Stopper {
  private stage: StopStage = { stage: "idle" };
  private next_datagram_ms = 0;
  private next_http_ms = 0;
  private shown: StopShown = null;
  /** The stop that stood already when this one was pressed. */
  private before: StopShown = null;

  get now(): StopStage {
    return this.stage;
  }

  /** A press. `request` is the same for all repetitions of one press. */
  press(now_ms: number, request: number): void {
    if (this.stage.stage === "asked") return;
    this.stage = { stage: "asked", since_ms: now_ms, request };
    this.before = this.shown;
    this.next_datagram_ms = now_ms;
    this.next_http_ms = now_ms + HTTP_AFTER_MS;
  }

  /** What is to be sent at `now_ms`: 50 times a second on the channel; by HTTP if that is closed or unheard. */
  tick(now_ms: number, channel_open: boolean): StopOutput {
    if (this.stage.stage !== "asked") return QUIET;
    if (now_ms - this.stage.since_ms > GIVE_UP_MS) {
      this.stage = { stage: "unanswered" };
      return QUIET;
    }
    const datagram = channel_open && now_ms >= this.next_datagram_ms;
    if (datagram) this.next_datagram_ms = now_ms + PERIOD_MS;
    const http = now_ms >= this.next_http_ms || (!channel_open && this.next_http_ms === this.stage.since_ms + HTTP_AFTER_MS);
    if (http) this.next_http_ms = now_ms + HTTP_AGAIN_MS;
    return { datagram: datagram ? this.stage.request : null, http };
  }

  /** The newest state. Only a remote stop in it is an answer: a truck may latch by itself on a link that loses the stop. */
  observe(state: VehicleState, now_ms: number): void {
    const latched = state.state === "SafeStop" || state.state === "Halt" || state.state === "EStop";
    const standing = Math.abs(state.speed_mm_s) <= STANDING_MM_S && state.state !== "SafeStop";
    this.shown = latched && state.causes.includes("remote_stop") ? state.latch : null;
    switch (this.stage.stage) {
      case "asked":
        if (this.answered(now_ms - this.stage.since_ms)) {
          this.stage = standing ? { stage: "done" } : { stage: "accepted", request: this.stage.request };
        }
        return;
      case "accepted":
        if (!latched) this.stage = { stage: "idle" };
        else if (standing) this.stage = { stage: "done" };
        return;
      case "done":
        if (!latched) this.stage = { stage: "idle" };
        return;
      case "unanswered":
        if (this.shown !== null) this.stage = { stage: "done" };
        return;
      case "idle":
        return;
    }
  }

  /** A stop that stood before the press answers it late: an acknowledgement of it may have been on its way. */
  private answered(waited_ms: number): boolean {
    return this.shown !== null && (this.shown !== this.before || waited_ms >= STOOD_BEFORE_MS);
  }
}

const PERIOD_MS = 20;
/** The channel answers within a few hundred milliseconds or it is not to be trusted. */
const HTTP_AFTER_MS = 200;
const HTTP_AGAIN_MS = 500;
/** By then the operator must be told to use another way. */
const GIVE_UP_MS = 10_000;
/** By then a state from after the press has come, if any comes. */
const STOOD_BEFORE_MS = 1000;
const STANDING_MM_S = 10;
