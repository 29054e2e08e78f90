// Makes commands and decides when one is due. A pure core: time, input and stamps come from the caller.

import type { InputSample } from "../input/operator";
import { whole } from "../wire/codec";
import { type Command, type GlassStamp, type VehicleState, WIRE_VERSION } from "../wire/generated/protocol";
import type { LeaseAnswer } from "../wire/generated/http";

/** Enable is never sent on older input: the vehicle would refuse it, and rightly. */
export const INPUT_LIMIT_MS = 60;
/** 50 commands a second. */
const PERIOD_MS = 20;
/** Before a re-arm, the vehicle must have seen commands without it. */
const ABSENT_FIRST_MS = 120;
/** A repeated confirmation is seen as new only after commands without it; several, since any of them may be lost. */
const ABSENT_COMMANDS = 6;
/** A re-arm that has not been obeyed by then is asked for again by the operator, not by the page. */
const REARM_PATIENCE_MS = 15_000;

export class Commander {
  private lease: LeaseAnswer | null = null;
  private seq = 0;
  private due_ms: number | null = null;
  private last_enable = false;
  private release_now = false;
  private confirm_wanted = false;
  private confirm_absent = 0;
  private last_state: VehicleState["state"] | null = null;
  private rearm: { latch: number; asked_ms: number } | null = null;

  /** The lease was granted: commands begin, numbered from 1. */
  grant(lease: LeaseAnswer): void {
    this.end();
    this.lease = lease;
  }

  /** The lease is over; so is everything that was asked under it. */
  end(): void {
    this.lease = null;
    this.seq = 0;
    this.due_ms = null;
    this.last_enable = false;
    this.confirm_wanted = false;
    this.rearm = null;
  }

  get holding(): boolean {
    return this.lease !== null;
  }

  /** The operator confirms that this is the vehicle she means to drive; it holds until driving begins or ends. */
  confirm(): void {
    // Pressed again, it has led to nothing: the vehicle must see it fall and rise.
    this.confirm_absent = this.confirm_wanted ? ABSENT_COMMANDS : 0;
    this.confirm_wanted = this.lease !== null;
  }

  /** The operator acknowledges a latched stop. Asking again for the same one changes nothing. */
  acknowledge(latch: number, now_ms: number): void {
    if (this.rearm?.latch !== latch) this.rearm = { latch, asked_ms: now_ms };
  }

  /** True while an acknowledgement is on its way. */
  get acknowledging(): boolean {
    return this.rearm !== null;
  }

  get confirming(): boolean {
    return this.confirm_wanted;
  }

  /** The next command goes out at once and without enable. */
  releaseNow(): void {
    this.release_now = true;
  }

  /** Is a command due? Each 20 ms, and at once when enable changes or a release is wanted. */
  due(now_ms: number, sample: InputSample): boolean {
    if (this.lease === null) return false;
    if (this.release_now || this.due_ms === null) return true;
    return now_ms >= this.due_ms || this.enabled(sample) !== this.last_enable;
  }

  /** Forgets what the newest state shows as done. */
  observe(state: VehicleState, now_ms: number): void {
    // A take-over that ran out is over: the vehicle wants to see a new confirmation, not the old one held.
    const ran_out = state.state === "Parked" && this.last_state === "Handover";
    if (state.state === "Teleop" || state.latch !== null || ran_out) this.confirm_wanted = false;
    this.last_state = state.state;
    const asked = this.rearm;
    if (asked && (state.latch !== asked.latch || now_ms - asked.asked_ms > REARM_PATIENCE_MS)) this.rearm = null;
  }

  /** The command of this instant; `null` without a lease. Call `sent` once it is on its way. */
  make(now_ms: number, sample: InputSample, stamps: GlassStamp[]): Command | null {
    if (this.lease === null) return null;
    const enable = this.enabled(sample);
    return {
      v: WIRE_VERSION,
      boot_id: this.lease.boot_id,
      epoch: this.lease.epoch,
      seq: this.seq + 1,
      operator_us: whole(now_ms * 1000),
      enable,
      input_age_ms: whole(Math.min(sample.age_ms, 60_000)),
      speed_mm_s: enable ? whole(sample.speed_mm_s) : 0,
      steering_mrad: whole(sample.steering_mrad),
      lift_mm_s: enable ? whole(sample.lift_mm_s) : 0,
      confirm: this.confirm_wanted && this.confirm_absent === 0,
      rearm_latch: this.rearmFor(now_ms),
      stamps,
    };
  }

  /** The command has left; the next one has the next number. */
  sent(now_ms: number, command: Command): void {
    this.seq = command.seq;
    this.confirm_absent = Math.max(this.confirm_absent - 1, 0);
    // The rhythm is kept, not the gap: else each late tick would make the whole stream slower. A lost beat is not caught up.
    this.due_ms = Math.max((this.due_ms ?? now_ms) + PERIOD_MS, now_ms + PERIOD_MS / 2);
    this.last_enable = command.enable;
    this.release_now = false;
  }

  private enabled(sample: InputSample): boolean {
    return sample.enable && sample.age_ms < INPUT_LIMIT_MS && !this.release_now;
  }

  private rearmFor(now_ms: number): number | null {
    if (this.rearm === null || now_ms - this.rearm.asked_ms < ABSENT_FIRST_MS) return null;
    return this.rearm.latch;
  }
}
