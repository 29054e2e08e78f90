// Turns one camera's units into frames by WebCodecs. It decodes what it is given: the order is decided elsewhere.

import { rtpOf, type Unit } from "../wire/units";

/** Constrained baseline up to 1280x720 at 30 Hz; Annex B, so there is no description. */
export const H264_CONFIG: VideoDecoderConfig = { codec: "avc1.42e01f", optimizeForLatency: true };

export interface UnitDecoderEvents {
  /** The receiver closes the frame. */
  frame(frame: VideoFrame, rtp: number): void;
  /** The decoder failed; the next unit must be a key frame. */
  failed(why: string): void;
}

export class UnitDecoder {
  private decoder: VideoDecoder | null = null;
  /** The newest sequence parameter set: it names the size. */
  private parameters: Uint8Array | null = null;
  private closed = false;

  constructor(
    private readonly events: UnitDecoderEvents,
    private readonly make: (init: VideoDecoderInit) => VideoDecoder = (init) => new VideoDecoder(init),
  ) {}

  /** False if the unit was not taken, since too many wait; the next one must be a key frame. */
  decode(unit: Pick<Unit, "key" | "capture_us" | "bytes">): boolean {
    if (this.closed) return false;
    try {
      if (unit.key) this.prepare(unit.bytes);
      const { decoder } = this;
      if (!decoder || decoder.decodeQueueSize > MOST_QUEUED) return false;
      decoder.decode(new EncodedVideoChunk({ type: unit.key ? "key" : "delta", timestamp: unit.capture_us, data: unit.bytes }));
    } catch (error) {
      this.fail(error);
    }
    return true;
  }

  close(): void {
    this.closed = true;
    this.discard();
  }

  /** A key frame begins anew where that is of use: after a failure, at another size, and where older ones pile up. */
  private prepare(unit: Uint8Array): void {
    const parameters = parametersOf(unit);
    const same = parameters === null || (this.parameters !== null && equal(parameters, this.parameters));
    if (this.decoder === null) this.decoder = this.begin();
    else if (this.decoder.decodeQueueSize > MOST_QUEUED) this.decoder.reset();
    else if (same) return;
    this.decoder.configure(H264_CONFIG);
    // A copy: the unit's bytes are let go.
    if (!same) this.parameters = parameters.slice();
  }

  private begin(): VideoDecoder {
    const decoder: VideoDecoder = this.make({
      output: (frame) => {
        if (this.closed || this.decoder !== decoder) frame.close();
        else this.events.frame(frame, rtpOf(frame.timestamp));
      },
      error: (error) => {
        if (this.decoder === decoder) this.fail(error);
      },
    });
    return decoder;
  }

  private fail(error: unknown): void {
    this.discard();
    this.events.failed(error instanceof Error ? error.message : String(error));
  }

  private discard(): void {
    const { decoder } = this;
    this.decoder = null;
    if (decoder && decoder.state !== "closed") decoder.close();
  }
}

/** The sequence parameter set within a unit, where it has one. */
export function parametersOf(unit: Uint8Array): Uint8Array | null {
  let begin = -1;
  const end = Math.min(unit.length, PARAMETERS_WITHIN);
  for (let at = 0; at + 3 < end; at++) {
    if (unit[at] !== 0 || unit[at + 1] !== 0 || unit[at + 2] !== 1) continue;
    if (begin >= 0) return unit.subarray(begin, at);
    if (((unit[at + 3] ?? 0) & 0x1f) === SEQUENCE_PARAMETERS) begin = at + 3;
  }
  return begin < 0 ? null : unit.subarray(begin, end);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** At 30 pictures a second a tenth of one second; more only makes each picture older. */
const MOST_QUEUED = 3;
/** They stand at the beginning and are some thirty bytes long; a picture's own bytes need not be searched. */
const PARAMETERS_WITHIN = 256;
const SEQUENCE_PARAMETERS = 7;
