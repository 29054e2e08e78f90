// What this browser has, asked of itself.

import { H264_CONFIG } from "./unit-decoder";
import type { Browser } from "./ways";

export async function thisBrowser(): Promise<Browser> {
  return {
    webrtc_h264: typeof RTCPeerConnection !== "undefined" && receivesH264() && !byPlugIn(),
    webcodecs_h264: await decodesH264(),
    webtransport: typeof WebTransport !== "undefined",
    websocket: typeof WebSocket !== "undefined",
  };
}

function receivesH264(): boolean {
  const codecs = globalThis.RTCRtpReceiver?.getCapabilities?.("video")?.codecs ?? [];
  return codecs.some(({ mimeType }) => mimeType.toLowerCase() === "video/h264");
}

/** Firefox has H.264 in WebRTC only by a plug-in that it fetches while running: WebCodecs is sure there. */
function byPlugIn(): boolean {
  return CSS.supports("-moz-appearance", "none");
}

async function decodesH264(): Promise<boolean> {
  if (typeof VideoDecoder === "undefined") return false;
  try {
    return (await VideoDecoder.isConfigSupported(H264_CONFIG)).supported ?? false;
  } catch {
    return false;
  }
}
