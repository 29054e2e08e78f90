// One camera: pictures come in from their source, are drawn on its canvas, and the last one drawn is remembered.

import type { GlassStamp } from "../wire/generated/protocol";
import { type Overlay, Painter } from "./painter";
import type { PictureSink, PictureSource } from "./picture-source";

/** A picture counts only if it is shown at least this wide: below, a person at a dock is a few pixels. */
export const MIN_WIDTH_PX = 320;
/** This much of a picture must be on the glass. */
const MIN_RATIO = 0.98;

export interface Drawn {
  rtp: number;
  drawn_ms: number;
}

export class Feed {
  /** The last frame whose draw has run; it stays when no newer one comes, so that its age grows. */
  last: Drawn | null = null;
  /** Called after each draw: the picture's frame must not look old for longer than it is. */
  onfresh: (() => void) | null = null;
  /** Drawn over each picture. */
  overlay: Overlay | null = null;
  private painter: Painter | null = null;
  private stop_reading: (() => void) | null = null;
  private on_glass = false;
  /** As of the last layout: asking the element itself forces one, two hundred times a second. */
  private width_px = 0;

  constructor(
    readonly index: number,
    readonly name: string,
    private readonly onDrawn: (feed: Feed, drawn: Drawn) => void,
  ) {}

  /** The place where pictures are drawn, and the element whose visibility counts. Returns how to let go of it. */
  show(canvas: HTMLCanvasElement, frame: HTMLElement): () => void {
    const painter = new Painter(canvas);
    this.painter = painter;
    const sizes = new ResizeObserver((entries) => (this.width_px = entries.at(-1)?.contentRect.width ?? 0));
    sizes.observe(canvas);
    const observer = new IntersectionObserver((entries) => this.observed(entries), {
      threshold: [0, 0.5, 0.9, MIN_RATIO, 1], trackVisibility: true, delay: 100,
    });
    observer.observe(frame);
    return () => {
      observer.disconnect();
      sizes.disconnect();
      this.painter = null;
      this.on_glass = false;
      this.width_px = 0;
    };
  }

  /** The stamp to name in a command; `null` if the picture is not really before the operator's eyes. */
  stamp(): GlassStamp | null {
    if (this.last === null || !this.visible) return null;
    return { camera: this.index, rtp: this.last.rtp };
  }

  /** In the viewport of a visible page, covered by nothing, and wide enough. */
  get visible(): boolean {
    return this.on_glass && document.visibilityState === "visible" && this.wide;
  }

  /** Shown large enough to see what matters. */
  get wide(): boolean {
    return this.width_px >= MIN_WIDTH_PX;
  }

  /** Begins to draw what comes from there; an earlier source ends. */
  attach(source: PictureSource): void {
    this.detach();
    const reading = { on: true };
    const stop = source.start(this.sink(reading));
    this.stop_reading = () => {
      reading.on = false;
      stop();
    };
  }

  /** The source is gone. What was drawn last stays on show, with its age. */
  detach(): void {
    this.stop_reading?.();
    this.stop_reading = null;
  }

  private observed(entries: IntersectionObserverEntry[]): void {
    const entry = entries.at(-1);
    if (!entry) return;
    this.on_glass = entry.intersectionRatio >= MIN_RATIO && (entry.isVisible ?? true);
  }

  private sink(reading: { readonly on: boolean }): PictureSink {
    return {
      frame: async (frame, rtp) => {
        const { painter } = this;
        if (!painter || !reading.on) return;
        // A source or a place that was let go meanwhile must not paint over its successor.
        if (await painter.frame(frame, () => reading.on && this.painter === painter)) this.drawn(rtp);
      },
      image: (image, width, height, rtp) => {
        if (reading.on && this.painter?.draw(image, width, height)) this.drawn(rtp);
      },
    };
  }

  private drawn(rtp: number): void {
    this.last = { rtp: rtp >>> 0, drawn_ms: performance.now() };
    if (this.overlay) this.painter?.over(this.overlay, this.last.rtp);
    this.onDrawn(this, this.last);
    this.onfresh?.();
  }
}
