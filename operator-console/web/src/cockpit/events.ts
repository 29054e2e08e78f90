// The gateway's events as lines for a person.

export interface EventLine {
  at: Date;
  text: string;
}

/** The list with one more event on top. */
export function withEvent(events: readonly EventLine[], text: string): EventLine[] {
  return [{ at: new Date(), text: sentenceOf(text) }, ...events].slice(0, EVENTS_KEPT);
}

/** Events are JSON texts; the sentence in them is what a person reads. */
function sentenceOf(text: string): string {
  try {
    const event: unknown = JSON.parse(text);
    if (typeof event === "object" && event !== null) {
      for (const field of ["detail", "text", "what"] as const) {
        const value = (event as Record<string, unknown>)[field];
        if (typeof value === "string") return value;
      }
    }
  } catch {
    // Plain text is a sentence already.
  }
  return text.slice(0, 200);
}

const EVENTS_KEPT = 50;
