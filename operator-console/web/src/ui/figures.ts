// Numbers for people: always with a unit, always the same width.

export function metresPerSecond(speed_mm_s: number | null | undefined): string {
  return speed_mm_s === null || speed_mm_s === undefined ? "– m/s" : `${withMinus(speed_mm_s / 1000, 2)} m/s`;
}

export function metres(distance_mm: number | null | undefined): string {
  return distance_mm === null || distance_mm === undefined ? "– m" : `${withMinus(distance_mm / 1000, 2)} m`;
}

/** Milliseconds up to ten seconds, then seconds, then minutes. */
export function age(age_ms: number | null | undefined): string {
  if (age_ms === null || age_ms === undefined) return "– ms";
  if (age_ms < 10_000) return `${Math.round(age_ms)} ms`;
  if (age_ms < 120_000) return `${Math.round(age_ms / 1000)} s`;
  return `${Math.round(age_ms / 60_000)} min`;
}

export function milliseconds(span_ms: number | null | undefined): string {
  return span_ms === null || span_ms === undefined ? "– ms" : `${span_ms.toFixed(span_ms < 10 ? 1 : 0)} ms`;
}

/** A real minus sign is as wide as a digit. */
function withMinus(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}
