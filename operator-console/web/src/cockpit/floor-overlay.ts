// The floor that a stop would sweep if the link were lost now, laid onto a picture as the camera sees it.

import type { CameraEye, VehicleState } from "../wire/generated/protocol";
import type { VehicleClock } from "./clock";
import { CORRIDOR_OLD_MS, type Trail, floorOf, project, seenFrom } from "./corridor";
import type { Overlay } from "./painter";
import { STATE_OLD_MS } from "./shown";

/** What is read of a session for each picture. */
export interface FloorSource {
  readonly newest: VehicleState | null;
  readonly state_age_ms: number | null;
  readonly clock: VehicleClock;
  readonly trail: Trail;
}

export type FloorLook = "none" | "ready" | "stopping" | "old";

/** How the corridor of a state is to look. The stop under way was chosen when it began: its corridor does not grow old. */
export function lookOf(state: VehicleState | null, state_age_ms: number | null): FloorLook {
  const { corridor } = state ?? { corridor: null };
  const age_ms = state_age_ms ?? 0;
  if (!corridor || age_ms > STATE_OLD_MS) return "none";
  if (state?.state === "SafeStop") return "stopping";
  return corridor.age_ms + age_ms > CORRIDOR_OLD_MS ? "old" : "ready";
}

/** Lays the newest corridor over each picture, from where the vehicle was when the picture was taken. */
export function floorOverlay(source: FloorSource, eye: CameraEye): Overlay {
  return (context, rtp) => {
    const look = lookOf(source.newest, source.state_age_ms);
    const corridor = source.newest?.corridor;
    if (look === "none" || !corridor) return;
    const taken_us = source.clock.captureOf(performance.now() * 1000, rtp);
    const there = taken_us === null ? corridor.here : (source.trail.at(taken_us) ?? corridor.here);
    const { width, height } = context.canvas;
    const points = project(seenFrom(floorOf(corridor), corridor.here, there), eye, width, height);
    if (points.length < 3) return;
    const style = STYLES[look];
    context.beginPath();
    for (const { x, y } of points) context.lineTo(x, y);
    context.closePath();
    context.fillStyle = style.fill;
    context.fill();
    context.strokeStyle = style.stroke;
    context.lineWidth = Math.max(width / 320, 1.5);
    context.setLineDash(style.dash);
    context.stroke();
  };
}

// The colours of theme.css, which a canvas does not know: the truck's own, alarm, and the grey of what does not count.
const STYLES = {
  ready: { fill: "rgb(143 211 200 / 16%)", stroke: "#8fd3c8", dash: [] },
  stopping: { fill: "rgb(255 107 94 / 22%)", stroke: "#ff6b5e", dash: [] },
  old: { fill: "transparent", stroke: "#6c7780", dash: [8, 6] },
};
