// A state for tests: a truck that stands with the brake on.

import type { VehicleState } from "../wire/generated/protocol";

export function parked(): VehicleState {
  return {
    v: 1, seq: 1, vehicle_us: 1_000_000, boot_id: 5, epoch: 0, lease_live: false, state: "Parked", causes: [], latch: null,
    authority: "none", needs: ["lease"], speed_mm_s: 0, steering_mrad: 0, cap_mm_s: 0, cap_term: "state", blind_mm: 0,
    blind_limit_mm: 1000, loop_age_ms: null, command_age_ms: null, odometer_mm: 0, pose: null, fork_mm: 0, echo: null,
    last_stop: null, rejected: [], accepted: 0, realtime: true, late_ticks: 0,
    mission: null, protection: "no_scanner", free_mm: null, still: [], swapped: [], corridor: null,
  };
}
