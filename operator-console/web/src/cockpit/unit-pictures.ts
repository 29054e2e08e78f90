// All cameras of a vehicle whose pictures come as units: order, decoder and source of each.

import type { Unit } from "../wire/units";
import { LatestFrame, type PictureSource } from "./picture-source";
import { UnitDecoder } from "./unit-decoder";
import { type Ordered, UnitOrder } from "./unit-order";

export interface UnitPicturesEvents {
  /** A key frame is needed. */
  wish(camera: number): void;
  /** Units that will never be shown: doubles, and what hangs on one that is lost. */
  dropped(count: number): void;
  /** Something could not be decoded. */
  unreadable(why: string): void;
}

export class UnitPictures {
  private readonly cameras: Camera[];

  constructor(count: number, private readonly events: UnitPicturesEvents, decoder?: (init: VideoDecoderInit) => VideoDecoder) {
    this.cameras = Array.from({ length: count }, (_none, index) => new Camera(index, events, decoder));
  }

  /** Where the pictures of each camera come from. */
  get sources(): PictureSource[] {
    return this.cameras;
  }

  /** A unit has come whole. */
  arrive(now_ms: number, unit: Unit): void {
    const camera = this.cameras[unit.camera];
    if (camera) camera.arrive(now_ms, unit);
    else this.events.unreadable(`a picture of camera ${unit.camera}, which the vehicle does not have`);
  }

  tick(now_ms: number): void {
    for (const camera of this.cameras) camera.tick(now_ms);
  }

  close(): void {
    for (const camera of this.cameras) camera.close();
  }
}

class Camera implements PictureSource {
  private readonly order = new UnitOrder<Unit>();
  private readonly latest = new LatestFrame();
  private readonly decoder: UnitDecoder;

  constructor(
    private readonly index: number,
    private readonly events: UnitPicturesEvents,
    decoder?: (init: VideoDecoderInit) => VideoDecoder,
  ) {
    this.decoder = new UnitDecoder(
      {
        frame: (frame, rtp) => this.latest.put(frame, rtp),
        failed: (why) => {
          this.order.lost();
          events.unreadable(`camera ${index}: ${why}`);
        },
      },
      decoder,
    );
  }

  start(sink: Parameters<PictureSource["start"]>[0]): () => void {
    this.latest.to(sink);
    return () => this.latest.to(null);
  }

  arrive(now_ms: number, unit: Unit): void {
    this.carryOut(this.order.arrive(now_ms, unit));
  }

  tick(now_ms: number): void {
    this.carryOut(this.order.tick(now_ms));
  }

  close(): void {
    this.latest.to(null);
    this.decoder.close();
  }

  private carryOut({ decode, dropped, wish }: Ordered<Unit>): void {
    if (wish) this.events.wish(this.index);
    const taken = decode.findIndex((unit) => !this.take(unit));
    const lost = dropped + (taken < 0 ? 0 : decode.length - taken);
    if (lost > 0) this.events.dropped(lost);
  }

  /** False if it was not decoded; what follows hangs on it. */
  private take(unit: Unit): boolean {
    if (!this.decoder.decode(unit)) this.order.lost();
    return !this.order.waits_for_key_frame;
  }
}
