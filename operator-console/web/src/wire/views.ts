// What the HTTP API answers with. The shapes inside come from the generated wire types.

import type { CameraSummary, VehicleState } from "./generated/protocol";

/** Roles, each one allowing what the ones before allow. */
export const ROLES = ["watch", "supervise", "drive", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface Me {
  name: string;
  role: Role;
}

/** One vehicle as the fleet page and the cockpit need it. */
export interface VehicleView {
  id: string;
  kind: string;
  connected: boolean;
  cameras: CameraSummary[];
  max_speed_mm_s: number;
  max_steering_mrad: number;
  vehicle_rtt_us: number | null;
  state_age_ms: number | null;
  holder: string | null;
  epoch: number | null;
  watchers: number;
  state: VehicleState | null;
}

export interface ViewerAnswer {
  viewer_id: string;
  sdp: string;
}

export interface LeaseAnswer {
  epoch: number;
  boot_id: number;
}

/** True if `role` allows what `needed` allows. */
export function allows(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
