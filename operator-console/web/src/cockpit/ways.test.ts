import { describe, expect, it } from "vitest";
import { type Browser, forcedWay, noWaySentence, ORDER, possibleWays, Ways } from "./ways";

const CHROMIUM: Browser = { webrtc_h264: true, webcodecs_h264: true, webtransport: true, websocket: true };
const FIREFOX: Browser = { ...CHROMIUM, webrtc_h264: false };
const NONE: Browser = { ...CHROMIUM, webrtc_h264: false, webcodecs_h264: false };

describe("which ways are possible", () => {
  it("is asked of the browser, in the order of trying", () => {
    expect(possibleWays(CHROMIUM, null)).toEqual(["webrtc", "quic", "socket"]);
    expect(possibleWays(FIREFOX, null)).toEqual(["quic", "socket"]);
    expect(possibleWays({ ...FIREFOX, webtransport: false }, null)).toEqual(["socket"]);
    expect(possibleWays({ ...CHROMIUM, webcodecs_h264: false }, null)).toEqual(["webrtc"]);
    expect(possibleWays(NONE, null)).toEqual([]);
  });

  it("is one alone where the page's address names it", () => {
    for (const way of ORDER) expect(possibleWays(CHROMIUM, way)).toEqual([way]);
    expect(possibleWays(FIREFOX, "webrtc")).toEqual([]);
    expect(forcedWay("?x=1&way=socket")).toBe("socket");
    expect(forcedWay("?way=carrier-pigeon")).toBeNull();
    expect(forcedWay("")).toBeNull();
  });

  it("is said in words where none is: what is missing, and which browsers have it", () => {
    expect(noWaySentence(NONE, null)).toContain("no H.264 video, neither by WebRTC nor by WebCodecs");
    expect(noWaySentence(NONE, null)).toContain("Firefox 130 or later");
    expect(noWaySentence(FIREFOX, "webrtc")).toContain("Leave out ?way=webrtc");
    expect(noWaySentence({ ...FIREFOX, webtransport: false, websocket: false }, null)).toContain("no WebSocket");
  });
});

describe("the way of the next connection", () => {
  it("is the next one after a failure, and the first again after all", () => {
    const ways = new Ways(ORDER);
    const tried = [];
    for (let at = 0; at < 5; at++) {
      tried.push(ways.next);
      if (ways.next) ways.failed(ways.next);
    }
    expect(tried).toEqual(["webrtc", "quic", "socket", "webrtc", "quic"]);
  });

  it("stays what worked", () => {
    const ways = new Ways(ORDER);
    ways.failed("webrtc");
    ways.good("quic");
    for (let at = 0; at < 10; at++) {
      ways.failed("quic");
      ways.failed("quic");
      expect(ways.next).toBe("quic");
      ways.good("quic");
    }
  });

  it("is another one when what worked has failed three times in a row", () => {
    const ways = new Ways(ORDER);
    ways.good("webrtc");
    ways.failed("webrtc");
    ways.failed("webrtc");
    expect(ways.next).toBe("webrtc");
    ways.failed("webrtc");
    expect(ways.next).toBe("quic");
    ways.failed("quic");
    expect(ways.next).toBe("socket");
  });

  it("hears nothing of a way that is no longer tried", () => {
    const ways = new Ways(ORDER);
    ways.failed("webrtc");
    ways.failed("webrtc");
    ways.good("webrtc");
    expect(ways.next).toBe("quic");
    ways.failed("quic");
    expect(ways.next).toBe("socket");
  });

  it("is none where none is possible, and the only one for ever where there is one", () => {
    expect(new Ways([]).next).toBeNull();
    const only = new Ways(["socket"]);
    only.failed("socket");
    expect(only.next).toBe("socket");
  });
});
