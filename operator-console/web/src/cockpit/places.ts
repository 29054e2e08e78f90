// How many pictures stand above each other beside the large one. Pure.

import { MIN_WIDTH_PX } from "./feed";

/** Border of a picture, both sides. */
const BORDERS_PX = 8;
const GAP_PX = 6;
/** Lower than this, a picture would be too narrow to drive by, however much room there is beside it. */
const LEAST_PX = Math.ceil(((MIN_WIDTH_PX + BORDERS_PX + 2) * 9) / 16);
const MOST = 3;

/** Rows for `side` pictures in a space of this height: fewer and wider before any becomes too small. */
export function rowsFor(side: number, height_px: number): number {
  const fit = Math.floor((height_px + GAP_PX) / (LEAST_PX + GAP_PX));
  return Math.min(Math.max(side, 1), MOST, Math.max(fit, 1));
}
