// Where the trucks stand, as a small top view: the area that holds all of them, with a border and an even grid.

import type { VehicleView } from "../wire/generated/http";

export interface Placed {
  id: string;
  /** Metres, north up: y grows downwards on the screen, so it is turned here. */
  x: number;
  y: number;
  heading_deg: number;
}

export interface Plan {
  trucks: Placed[];
  /** Left, top, width and height in metres. */
  box: [number, number, number, number];
  /** Spacing of the grid in metres. */
  grid_m: number;
}

export function planOf(vehicles: readonly VehicleView[]): Plan | null {
  const trucks: Placed[] = [];
  for (const { id, state } of vehicles) {
    if (!state?.pose) continue;
    const { x_mm, y_mm, heading_mrad } = state.pose;
    trucks.push({ id, x: x_mm / 1000, y: -y_mm / 1000, heading_deg: (-heading_mrad / 1000) * (180 / Math.PI) });
  }
  if (trucks.length === 0) return null;
  const xs = trucks.map(({ x }) => x);
  const ys = trucks.map(({ y }) => y);
  const middle = (values: number[]): number => (Math.min(...values) + Math.max(...values)) / 2;
  const span = (values: number[]): number => Math.max(...values) - Math.min(...values);
  // Whole tens of metres: the view must not breathe with every centimetre a truck moves.
  const side = Math.max(Math.ceil((Math.max(span(xs), span(ys)) + 8) / 10) * 10, 20);
  const left = Math.round(middle(xs) / 5) * 5 - side / 2;
  const top = Math.round(middle(ys) / 5) * 5 - side / 2;
  return { trucks, box: [left, top, side, side], grid_m: side > 100 ? 20 : 5 };
}
