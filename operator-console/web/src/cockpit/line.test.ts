import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { VehicleView } from "../wire/generated/http";
import { ApiError, api } from "../wire/http";
import { blamesTheWay, Line, type LineEvents } from "./line";
import type { Peer, PeerEvents } from "./peer";
import { type Browser, ORDER, type Way } from "./ways";

const CHROMIUM: Browser = { webrtc_h264: true, webcodecs_h264: true, webtransport: true, websocket: true };

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("location", { search: "" });
  vi.spyOn(api, "vehicle").mockResolvedValue({ cameras: [] } as unknown as VehicleView);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("the line", () => {
  it("takes the next way where one does not connect, and says why", async () => {
    const { line, made, failed } = opened({ webrtc: new Error("no ice"), quic: new Error("no udp") });
    await passed(1000);
    expect(made).toEqual(["webrtc", "quic", "socket"]);
    expect(line.way).toBe("socket");
    expect(failed.map(({ message }) => message)).toEqual([expect.stringContaining("no ice"), expect.stringContaining("no udp")]);
  });

  it("takes the next way where one gives no state within three seconds", async () => {
    const { line, made } = opened({});
    await passed(0);
    const built_ms = performance.now();
    line.watch(built_ms + 2990, { any_ms: built_ms + 2900, state_ms: null, gateway_has_state: true });
    await passed(300);
    expect(made).toEqual(["webrtc"]);
    line.watch(built_ms + 3010, { any_ms: built_ms + 2900, state_ms: null, gateway_has_state: true });
    await passed(300);
    expect(made).toEqual(["webrtc", "quic"]);
  });

  it("keeps the way that worked through a failure", async () => {
    const { line, made, down } = opened({ webrtc: new Error("no ice") });
    await passed(1000);
    expect(line.way).toBe("quic");
    line.good();
    down("gone");
    await passed(1000);
    expect(made).toEqual(["webrtc", "quic", "quic"]);
  });

  it("does not hold it against a way that a connection ends which gave states; thrice none, and another way is tried", async () => {
    const { line, made, down } = opened({});
    await passed(0);
    line.good();
    for (let at = 0; at < 3; at++) {
      down("gone");
      await passed(1000);
    }
    expect(made).toEqual(["webrtc", "webrtc", "webrtc", "webrtc"]);
    down("gone");
    await passed(1000);
    expect(line.way).toBe("quic");
  });

  it("keeps to its way where the gateway is away or refuses the person", async () => {
    const { made } = opened({ webrtc: new ApiError(503, "starting") });
    await passed(3000);
    expect(new Set(made)).toEqual(new Set(["webrtc"]));
    expect(made.length).toBeGreaterThan(2);
    expect([0, 401, 403, 409, 502].filter((status) => blamesTheWay(new ApiError(status, "")))).toEqual([]);
    expect([404, 406].filter((status) => blamesTheWay(new ApiError(status, "")))).toEqual([404, 406]);
  });

  it("tries the way alone that the page's address names", async () => {
    vi.stubGlobal("location", { search: "?way=socket" });
    const { made } = opened({ socket: new Error("refused") });
    await passed(1000);
    expect(new Set(made)).toEqual(new Set(["socket"]));
  });

  it("says what is missing where no way is possible, once, and does not try again", async () => {
    const { line, made, failed } = opened({}, { ...CHROMIUM, webrtc_h264: false, webcodecs_h264: false });
    await passed(60_000);
    expect(made).toEqual([]);
    expect(line.rebuilds).toBe(0);
    expect(failed.map(({ message }) => message)).toEqual([expect.stringContaining("no H.264 video")]);
  });

  it("builds another connection where one went down while it was being built", async () => {
    const { line, made, down } = opened({}, CHROMIUM, 500);
    await passed(100);
    down("at once");
    await passed(5000);
    expect(made).toEqual(["webrtc", "quic"]);
    expect(line.peer?.way).toBe("quic");
  });

  it("ticks what it has, and closes what it drops", async () => {
    const { line, peers, lost } = opened({});
    await passed(0);
    line.tick(5);
    line.close();
    await passed(5000);
    expect(peers.map(({ ticks, closed }) => [ticks, closed])).toEqual([[[5], 1]]);
    expect(lost()).toBe(1);
  });
});

interface FakePeer extends Peer {
  ticks: number[];
  closed: number;
}

/** A line whose peers fail as told, each after `takes_ms`. */
function opened(fails: Partial<Record<Way, Error>>, browser = CHROMIUM, takes_ms = 0) {
  const made: Way[] = [];
  const peers: FakePeer[] = [];
  const failed: ApiError[] = [];
  let newest: PeerEvents | null = null;
  let lost = 0;
  const make = (way: Way) => (_vehicle: string, _cameras: number, events: PeerEvents) => {
    made.push(way);
    newest = events;
    const peer: FakePeer = {
      way, viewer_id: "v", channel_open: true, udp_port: null, ticks: [], closed: 0,
      connect: async () => {
        await new Promise((resolve) => setTimeout(resolve, takes_ms));
        const error = fails[way];
        if (error) throw error;
      },
      send: () => true,
      tick: (now_ms) => void peer.ticks.push(now_ms),
      close: () => void (peer.closed += 1),
    };
    peers.push(peer);
    return peer;
  };
  const events = { view: () => undefined, lost: () => (lost += 1), failed: (error: ApiError) => failed.push(error) };
  const line = new Line("truck-1", events as unknown as LineEvents, {
    browser: () => Promise.resolve(browser),
    peers: Object.fromEntries(ORDER.map((way) => [way, make(way)])) as Record<Way, ReturnType<typeof make>>,
  });
  line.open();
  return { line, made, peers, failed, down: (why: string) => newest?.down(why), lost: () => lost };
}

async function passed(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}
