// WebCodecs for tests: a decoder that decodes when told to, and frames that know whether they were closed.

import { vi } from "vitest";
import type { Unit } from "../wire/units";

export class FakeFrame {
  closed = 0;
  constructor(readonly timestamp: number) {}
  close(): void {
    this.closed += 1;
  }
}

export class FakeDecoder {
  state: CodecState = "unconfigured";
  configured = 0;
  resets = 0;
  /** What waits, by time. */
  queue: { type: string; timestamp: number }[] = [];
  readonly frames: FakeFrame[] = [];
  private readonly init: VideoDecoderInit;

  constructor(init: VideoDecoderInit) {
    this.init = init;
  }

  get decodeQueueSize(): number {
    return this.queue.length;
  }

  configure(): void {
    this.state = "configured";
    this.configured += 1;
  }

  decode(chunk: { type: string; timestamp: number }): void {
    if (this.state !== "configured") throw new Error("it is not configured");
    this.queue.push(chunk);
  }

  reset(): void {
    this.state = "unconfigured";
    this.resets += 1;
    this.queue = [];
  }

  close(): void {
    this.state = "closed";
  }

  /** Decodes what waits. */
  run(): void {
    for (const { timestamp } of this.queue.splice(0)) {
      const frame = new FakeFrame(timestamp);
      this.frames.push(frame);
      this.init.output(frame as unknown as VideoFrame);
    }
  }

  break(): void {
    this.state = "closed";
    this.init.error(new DOMException("it broke"));
  }
}

/** Decoders in the order of their making. */
export function fakeDecoders(): { made: FakeDecoder[]; make: (init: VideoDecoderInit) => VideoDecoder } {
  vi.stubGlobal("EncodedVideoChunk", class {
    readonly type: string;
    readonly timestamp: number;
    constructor(init: EncodedVideoChunkInit) {
      this.type = init.type;
      this.timestamp = init.timestamp;
    }
  });
  const made: FakeDecoder[] = [];
  const make = (init: VideoDecoderInit): VideoDecoder => {
    const decoder = new FakeDecoder(init);
    made.push(decoder);
    return decoder as unknown as VideoDecoder;
  };
  return { made, make };
}

/** A unit; `width` is some byte in its parameter set. */
export function unit(number: number, key: boolean, width = 40, camera = 0): Unit {
  const bytes = key ? Uint8Array.of(0, 0, 0, 1, 0x67, 66, width, 0, 0, 0, 1, 0x68, 1, 0, 0, 1, 0x65, 9, 9) : Uint8Array.of(0, 0, 0, 1, 0x41, 9);
  return {
    number, received_us: 1, relayed_us: 2, camera, key, sequence: number, depends_on: key ? number : number - 1,
    capture_us: number * 33_333, rtp: Math.floor((number * 33_333 * 9) / 100), bytes,
  };
}
