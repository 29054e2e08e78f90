import { afterEach, describe, expect, it, vi } from "vitest";
import { thisBrowser } from "./browser";

afterEach(() => vi.unstubAllGlobals());

describe("what this browser has", () => {
  it("is everything in a Chromium", async () => {
    chromium();
    expect(await thisBrowser()).toEqual({ webrtc_h264: true, webcodecs_h264: true, webtransport: true, websocket: true });
  });

  it("is no WebRTC where that decodes no H.264, or only by a plug-in", async () => {
    chromium();
    vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => ({ codecs: [{ mimeType: "video/VP8" }] }) });
    expect(await thisBrowser()).toMatchObject({ webrtc_h264: false, webcodecs_h264: true });
    chromium();
    vi.stubGlobal("CSS", { supports: (property: string) => property.startsWith("-moz-") });
    expect(await thisBrowser()).toMatchObject({ webrtc_h264: false, webcodecs_h264: true });
  });

  it("is no WebCodecs where H.264 is not supported, or the question is not understood", async () => {
    chromium();
    vi.stubGlobal("VideoDecoder", { isConfigSupported: () => Promise.resolve({ supported: false }) });
    expect(await thisBrowser()).toMatchObject({ webrtc_h264: true, webcodecs_h264: false });
    vi.stubGlobal("VideoDecoder", { isConfigSupported: () => Promise.reject(new TypeError("what?")) });
    expect(await thisBrowser()).toMatchObject({ webcodecs_h264: false });
  });

  it("is nothing where nothing is there", async () => {
    for (const name of ["RTCPeerConnection", "RTCRtpReceiver", "VideoDecoder", "WebTransport", "WebSocket"]) vi.stubGlobal(name, undefined);
    expect(await thisBrowser()).toEqual({ webrtc_h264: false, webcodecs_h264: false, webtransport: false, websocket: false });
  });
});

function chromium(): void {
  vi.stubGlobal("RTCPeerConnection", class {});
  vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => ({ codecs: [{ mimeType: "video/VP8" }, { mimeType: "video/H264" }] }) });
  vi.stubGlobal("CSS", { supports: () => false });
  vi.stubGlobal("VideoDecoder", { isConfigSupported: () => Promise.resolve({ supported: true }) });
  vi.stubGlobal("WebTransport", class {});
  vi.stubGlobal("WebSocket", class {});
}
