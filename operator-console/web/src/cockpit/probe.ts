// A measurement face for benches and tests: read only, it steers nothing. `window.farhandProbe`.

import type { Way } from "./ways";

/** One frame that was drawn. */
export interface DrawnFrame {
  camera: string;
  /** 32-bit RTP timestamp: the vehicle's capture time. */
  rtp: number;
  /** `performance.now()` after the draw. */
  drawn_ms: number;
  /** Capture on the vehicle's clock, as far as the page knows it. */
  capture_us: number | null;
}

/** The floor of a stop as it was shown. */
export interface ShownCorridor {
  /** Vehicle time of the state it came with. */
  vehicle_us: number;
  id: number;
  age_ms: number;
  corners_mm: readonly number[];
}

export interface ProbeStats {
  /** How pictures and commands travel now. */
  way: Way | null;
  /** Key frames asked for; only where pictures come as units. */
  wishes: number;
  /** Units that will never be shown: doubles, and what hangs on one that is lost. */
  units_dropped: number;
  frames_drawn: Record<string, number>;
  commands_sent: number;
  /** Commands not sent because an older one still stood in the channel. */
  commands_held: number;
  states: number;
  /** States that were no newer than one already shown. */
  states_old: number;
  undecodable: number;
  rebuilds: number;
  round_trip_us: number | null;
  ticks: number;
  longest_tick_gap_ms: number;
}

declare global {
  interface Window {
    farhandProbe?: { frames(): DrawnFrame[]; corridors(): ShownCorridor[]; stats(): ProbeStats };
  }
}

const KEPT = 300;
const CORRIDORS_KEPT = 40;

export class Probe {
  private readonly ring: DrawnFrame[] = [];
  private at = 0;
  private readonly corridors: ShownCorridor[] = [];
  readonly stats: ProbeStats = {
    way: null, wishes: 0, units_dropped: 0,
    frames_drawn: {}, commands_sent: 0, commands_held: 0, states: 0, states_old: 0, undecodable: 0, rebuilds: 0,
    round_trip_us: null, ticks: 0, longest_tick_gap_ms: 0,
  };

  drawn(frame: DrawnFrame): void {
    this.ring[this.at] = frame;
    this.at = (this.at + 1) % KEPT;
    this.stats.frames_drawn[frame.camera] = (this.stats.frames_drawn[frame.camera] ?? 0) + 1;
  }

  corridor(shown: ShownCorridor): void {
    this.corridors.push(shown);
    if (this.corridors.length > CORRIDORS_KEPT) this.corridors.shift();
  }

  /** Puts the face on the window; returns how to take it off. */
  show(): () => void {
    const face = {
      frames: () => [...this.ring.slice(this.at), ...this.ring.slice(0, this.at)].map((frame) => ({ ...frame })),
      corridors: () => this.corridors.map((shown) => ({ ...shown })),
      stats: () => structuredClone(this.stats),
    };
    window.farhandProbe = face;
    return () => {
      if (window.farhandProbe === face) delete window.farhandProbe;
    };
  }
}
