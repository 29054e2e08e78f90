// By which way are pictures and commands carried? A pure core: what the browser has and how each try went come from the caller.

export type Way = "webrtc" | "quic" | "socket";

/** The order in which ways are tried. */
export const ORDER: readonly Way[] = ["webrtc", "quic", "socket"];

export const WAY_WORDS: Readonly<Record<Way, string>> = { webrtc: "WebRTC", quic: "QUIC", socket: "WebSocket" };

/** What a browser has. */
export interface Browser {
  /** WebRTC with H.264, without a plug-in. */
  webrtc_h264: boolean;
  /** WebCodecs with H.264. */
  webcodecs_h264: boolean;
  webtransport: boolean;
  websocket: boolean;
}

/** Where each way is possible, in the order of trying; the one that the page's address names, alone. */
export function possibleWays(browser: Browser, forced: Way | null): Way[] {
  const possible: Readonly<Record<Way, boolean>> = {
    webrtc: browser.webrtc_h264,
    quic: browser.webtransport && browser.webcodecs_h264,
    socket: browser.websocket && browser.webcodecs_h264,
  };
  return (forced ? [forced] : ORDER).filter((way) => possible[way]);
}

/** `?way=` in the page's address, for benches and for finding faults. */
export function forcedWay(search: string): Way | null {
  const asked = new URLSearchParams(search).get("way");
  return ORDER.find((way) => way === asked) ?? null;
}

/** What an operator reads where no way is possible. Short: it stands in a low box. */
export function noWaySentence(browser: Browser, forced: Way | null): string {
  // WebCodecs and WebTransport exist only where the page came over https.
  const mend = "Use Chrome, Edge or Chromium 120 or later, or Firefox 130 or later, over https.";
  if (!browser.webrtc_h264 && !browser.webcodecs_h264) return `This browser decodes no H.264 video, neither by WebRTC nor by WebCodecs. ${mend}`;
  if (forced) return `This browser cannot go by ${WAY_WORDS[forced]}, which the page's address asks for. Leave out ?way=${forced}. ${mend}`;
  return `This browser has no WebSocket. ${mend}`;
}

/** Chooses the way of each next connection. */
export class Ways {
  private at = 0;
  /** Failures in a row of the way at `at`. */
  private failures = 0;
  private worked = false;

  /** `possible` in the order of trying. */
  constructor(private readonly possible: readonly Way[]) {}

  /** The way to build next; `null` where none is possible. */
  get next(): Way | null {
    return this.possible[this.at] ?? null;
  }

  /** A state came by this way: it is kept. */
  good(way: Way): void {
    if (way !== this.next) return;
    this.worked = true;
    this.failures = 0;
  }

  /** This way could not connect, or gave no state in time. After the last one the first is tried again. */
  failed(way: Way): void {
    if (way !== this.next) return;
    this.failures += 1;
    if (this.failures < (this.worked ? CHANCES : 1)) return;
    this.at = (this.at + 1) % this.possible.length;
    this.failures = 0;
    this.worked = false;
  }
}

/** A way that worked may fail while the gateway starts again; failing thrice in a row while the gateway answers, it is closed. */
const CHANCES = 3;
