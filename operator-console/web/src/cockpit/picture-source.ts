// Where the pictures of one camera come from, and where they go. One interface for tracks and for decoded units.

/** Takes pictures, each with the RTP timestamp of its capture. */
export interface PictureSink {
  /** A frame; it stays the source's, which closes it after the wait. */
  frame(frame: VideoFrame, rtp: number): Promise<void>;
  /** What a video shows at present. */
  image(image: CanvasImageSource, width: number, height: number, rtp: number): void;
}

export interface PictureSource {
  /** Begins to deliver; returns how to end it. Nothing is delivered after that. */
  start(sink: PictureSink): () => void;
}

/** Delivers frames one after the other; while one is being taken, only the newest other one waits. */
export class LatestFrame {
  private waiting: { frame: VideoFrame; rtp: number } | null = null;
  private busy = false;
  private sink: PictureSink | null = null;

  /** To whom; `null` for nobody. */
  to(sink: PictureSink | null): void {
    this.sink = sink;
    if (sink === null) this.forget();
  }

  /** Takes the frame over and closes it in the end. */
  put(frame: VideoFrame, rtp: number): void {
    this.forget();
    this.waiting = { frame, rtp };
    if (!this.busy) void this.deliver();
  }

  private async deliver(): Promise<void> {
    this.busy = true;
    for (let next = this.take(); next; next = this.take()) {
      await this.sink?.frame(next.frame, next.rtp).catch(() => undefined);
      next.frame.close();
    }
    this.busy = false;
  }

  private take(): { frame: VideoFrame; rtp: number } | null {
    const { waiting } = this;
    this.waiting = null;
    return waiting;
  }

  private forget(): void {
    this.take()?.frame.close();
  }
}
