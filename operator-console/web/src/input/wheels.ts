// What was learnt about this desk's wheels, kept by the browser.

import { type WheelLayout, layoutOf } from "./wheel";

export class Wheels {
  private readonly read = new Map<string, WheelLayout | null>();

  layout(id: string): WheelLayout | null {
    let layout = this.read.get(id);
    if (layout === undefined) this.read.set(id, (layout = layoutOf(stored(id))));
    return layout;
  }

  /** Keeps a layout; where the browser stores nothing, it holds until the page is closed. */
  keep(id: string, layout: WheelLayout): void {
    this.read.set(id, layout);
    try {
      localStorage.setItem(KEY + id, JSON.stringify(layout));
    } catch {
      // Private windows may have no room: the wheel is then learnt again next time.
    }
  }
}

function stored(id: string): string | null {
  try {
    return localStorage.getItem(KEY + id);
  } catch {
    return null;
  }
}

const KEY = "farhand.wheel.";
