// The WebSocket is a slow way: over TCP one lost packet holds back all that follows. The page says so, and asks for less speed. Pure.

import type { Reach } from "../input/keyboard";
import type { VehicleState } from "../wire/generated/protocol";
import { capWords } from "../ui/words";
import type { Way } from "./ways";

/** Walking pace: in a second's standstill of the way a truck has gone one metre. The vehicle's own rules hold as ever. */
export const SLOW_WAY_MM_S = 1000;

/** How far wishes may go by this way. */
export function reachBy(way: Way | null, reach: Reach): Reach {
  return way === "socket" ? { ...reach, max_speed_mm_s: Math.min(reach.max_speed_mm_s, SLOW_WAY_MM_S) } : reach;
}

/** What is read as long as this way is in use. `udp_port` is that of the gateway's QUIC, as far as it is known. */
export function slowWarning(way: Way | null, udp_port: number | null, drives: boolean): string | null {
  if (way !== "socket") return null;
  const port = udp_port === null ? "to the gateway" : `on port ${udp_port} of the gateway`;
  const pace = drives ? " You drive at 1.0 m/s at most." : "";
  return `Slow way: a lost packet holds back all behind it.${pace} Let UDP through ${port}, then reload.`;
}

/** The cap on show and what sets it: the vehicle's, or this page's where that is lower and it is this page that drives. */
export function capShown(way: Way | null, drives: boolean, state: VehicleState): { cap_mm_s: number; words: string } {
  if (way === "socket" && drives && state.cap_mm_s > SLOW_WAY_MM_S) return { cap_mm_s: SLOW_WAY_MM_S, words: "slow way" };
  return { cap_mm_s: state.cap_mm_s, words: capWords(state) };
}
