// Puts one picture onto a canvas. Where no graphics card helps, copying the converted bytes costs half of a draw.

import { Cheaper } from "./cheaper";

/** Draws over a picture that was captured at this RTP time, in the picture's own pixels. */
export type Overlay = (context: CanvasRenderingContext2D, rtp: number) => void;

export class Painter {
  private readonly context: CanvasRenderingContext2D | null;
  private readonly choice = new Cheaper(["draw", "copy"] as const);
  private image: ImageData | null = null;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d", { alpha: false, desynchronized: true });
  }

  /** Paints a frame; `wanted` is asked again after each wait. True once the draw has run. */
  async frame(frame: VideoFrame, wanted: () => boolean): Promise<boolean> {
    const way = copyable(frame) ? this.choice.next : "draw";
    const start_ms = performance.now();
    if (way === "copy") {
      const image = this.imageOf(frame.displayWidth, frame.displayHeight);
      // One plane is what was asked for; an older browser may refuse, or leave the picture's own three planes.
      const copied = await frame.copyTo(image.data, { format: "RGBX" }).then(({ length }) => length === 1, () => false);
      if (!wanted()) return false;
      if (!copied) this.choice.without("copy");
      else if (this.fit(image.width, image.height)) {
        this.context?.putImageData(image, 0, 0);
        this.choice.took("copy", performance.now() - start_ms);
        return this.context !== null;
      }
    }
    const painted = this.draw(frame, frame.displayWidth, frame.displayHeight);
    if (way === "draw" && copyable(frame)) this.choice.took("draw", performance.now() - start_ms);
    return painted;
  }

  /** Lays something over what was painted last: on the canvas itself, for a layer of its own would be blended thirty times a second. */
  over(overlay: Overlay, rtp: number): void {
    if (!this.context) return;
    this.context.save();
    overlay(this.context, rtp);
    this.context.restore();
  }

  /** Draws a frame or a video's present picture. */
  draw(image: CanvasImageSource, width: number, height: number): boolean {
    if (!this.context || !this.fit(width, height)) return false;
    this.context.drawImage(image, 0, 0, width, height);
    return true;
  }

  private fit(width: number, height: number): boolean {
    const { canvas } = this;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    return width > 0 && height > 0;
  }

  private imageOf(width: number, height: number): ImageData {
    if (this.image?.width !== width || this.image.height !== height) this.image = new ImageData(width, height);
    return this.image;
  }
}

/** In main memory and shown as it is: what lies on a graphics card would have to be fetched from there. */
function copyable({ format, visibleRect, displayWidth, displayHeight }: VideoFrame): boolean {
  return format === "I420" && visibleRect?.width === displayWidth && visibleRect.height === displayHeight;
}
