// How a picture of some age looks. The limits are promises to whoever drives by it.

export type Staleness = "none" | "fresh" | "amber" | "hatched" | "covered";

export const AMBER_MS = 150;
export const HATCHED_MS = 300;
export const COVERED_MS = 600;

/** A picture whose age nobody knows is not fresh. */
export function stalenessOf(drawn: boolean, age_ms: number | null): Staleness {
  if (!drawn) return "none";
  if (age_ms === null || age_ms >= COVERED_MS) return "covered";
  if (age_ms >= HATCHED_MS) return "hatched";
  return age_ms >= AMBER_MS ? "amber" : "fresh";
}
