// Pictures out of a WebRTC track.

import type { PictureSink, PictureSource } from "./picture-source";

/** Frame by frame where the browser can, else by a hidden video. */
export function trackSource(track: MediaStreamTrack): PictureSource {
  const byFrame = typeof MediaStreamTrackProcessor !== "undefined";
  return { start: (sink) => (byFrame ? readFrames(track, sink) : readByVideo(track, sink)) };
}

function readFrames(track: MediaStreamTrack, sink: PictureSink): () => void {
  const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 }).readable.getReader();
  const reading = { on: true };
  void pump(reader, sink, reading);
  return () => {
    reading.on = false;
    void reader.cancel().catch(() => undefined);
  };
}

async function pump(reader: ReadableStreamDefaultReader<VideoFrame>, sink: PictureSink, reading: { on: boolean }): Promise<void> {
  for (;;) {
    const { done, value: frame } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done || !frame) return;
    const rtp = frame.metadata?.().rtpTimestamp;
    // A frame without its stamp must not be shown: nobody could tell how old it is.
    if (rtp !== undefined && reading.on) await sink.frame(frame, rtp).catch(() => undefined);
    frame.close();
  }
}

/** Browsers without a track processor: a hidden video and its frame callback. */
function readByVideo(track: MediaStreamTrack, sink: PictureSink): () => void {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  void video.play().catch(() => undefined);
  let reading = true;
  const next = (_now: number, frame: VideoFrameCallbackMetadata): void => {
    if (!reading) return;
    if (frame.rtpTimestamp !== undefined) sink.image(video, frame.width, frame.height, frame.rtpTimestamp);
    video.requestVideoFrameCallback(next);
  };
  video.requestVideoFrameCallback(next);
  return () => {
    reading = false;
    video.srcObject = null;
  };
}
