// Chromium's way to single frames of a track; not in TypeScript's library.
interface MediaStreamTrackProcessorInit {
  track: MediaStreamTrack;
  maxBufferSize?: number;
}
declare class MediaStreamTrackProcessor {
  constructor(init: MediaStreamTrackProcessorInit);
  readonly readable: ReadableStream<VideoFrame>;
}
interface VideoFrame {
  /** What is known about where the frame came from; `rtpTimestamp` for a received one. */
  metadata?(): { rtpTimestamp?: number };
}
interface IntersectionObserverInit {
  trackVisibility?: boolean;
  delay?: number;
}
interface IntersectionObserverEntry {
  readonly isVisible?: boolean;
}
