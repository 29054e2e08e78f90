// How old is what the fleet page shows? The gateway says how old its newest state is; the page adds what it waited since.

import type { VehicleView } from "../wire/generated/http";

/** Past this age a figure is old and must look old. */
export const OLD_MS = 1000;

/** Age of a vehicle's state on this page; `null` if there never was one. */
export function shownAge(view: VehicleView, waited_ms: number): number | null {
  return view.state === null || view.state_age_ms === null ? null : view.state_age_ms + Math.max(waited_ms, 0);
}

/** Vehicles in need come first; then by name, so that rows keep their places. */
export function ranked(vehicles: readonly VehicleView[]): VehicleView[] {
  return [...vehicles].sort((a, b) => urgency(a) - urgency(b) || (a.id < b.id ? -1 : 1));
}

function urgency(view: VehicleView): number {
  if (view.connected && view.state !== null && view.state.causes.length + (view.state.latch === null ? 0 : 1) > 0) return 0;
  return view.connected ? 1 : 2;
}
