// What a page is sent where its pictures come as access units: frames of a QUIC stream or a WebSocket, read without copies.

/** A picture as it travels, with what the gateway and the vehicle say of it. */
export interface Unit {
  /** Counts the pictures of all cameras that are sent to this page, wrapping. */
  number: number;
  /** The gateway's clock when the unit was there, and when it left for this page. */
  received_us: number;
  relayed_us: number;
  camera: number;
  /** It can be decoded alone. */
  key: boolean;
  sequence: number;
  /** The unit without which this one cannot be decoded; its own number for a key frame. */
  depends_on: number;
  /** The vehicle's clock when the picture was taken. */
  capture_us: number;
  /** The stamp to name in commands. */
  rtp: number;
  /** H.264, Annex B: a view into the frame. */
  bytes: Uint8Array<ArrayBuffer>;
}

export type PageFrame = { unit: Unit } | { message: Uint8Array<ArrayBuffer> };

/** A picture that cannot be read. */
export class UnitError extends Error {
  constructor(
    why: string,
    /** Its number if all of its bytes are there: it has arrived all the same. */
    readonly number: number | null,
  ) {
    super(why);
  }
}

/** Reads a frame; throws with the reason if it is none. */
export function decodeFrame(bytes: Uint8Array<ArrayBuffer>): PageFrame {
  switch (bytes[0]) {
    case PICTURE:
      return { unit: decodeUnit(bytes) };
    case MESSAGE:
      return { message: bytes.subarray(1) };
    default:
      throw new Error(bytes[0] === undefined ? "the frame is empty" : `unknown frame ${bytes[0]}`);
  }
}

/** The RTP timestamp of a capture time: 90 kHz, 32 bits. */
export function rtpOf(capture_us: number): number {
  // In two parts: nine times a large time would no longer be a whole number.
  return (Math.floor(capture_us / 100) * 9 + Math.floor(((capture_us % 100) * 9) / 100)) % 2 ** 32;
}

function decodeUnit(bytes: Uint8Array<ArrayBuffer>): Unit {
  if (bytes.byteLength < PICTURE_HEAD_BYTES) throw new UnitError(`a picture's head of ${bytes.byteLength} bytes`, null);
  const view = viewOf(bytes);
  const length = view.getUint32(LENGTH_AT);
  const given = bytes.byteLength - PICTURE_HEAD_BYTES;
  if (length > MAX_UNIT_BYTES || length !== given) throw new UnitError(`a picture of ${given} bytes instead of ${length}`, null);
  const number = view.getUint32(1);
  const refuse = (why: string): never => {
    throw new UnitError(why, number);
  };
  const time = (at: number): number => {
    const us = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
    return Number.isSafeInteger(us) ? us : refuse("a time beyond all times");
  };
  const [version, codec, camera, flags] = [view.getUint8(HEADER_AT), view.getUint8(HEADER_AT + 1), view.getUint8(HEADER_AT + 2), view.getUint8(HEADER_AT + 3)];
  if (version !== VERSION) refuse(`the vehicle's pictures are version ${version}, this page reads ${VERSION}`);
  if (codec !== H264) refuse(`unknown codec ${codec}`);
  if ((flags & ~KEY) !== 0 || view.getUint32(RESERVED_AT) !== 0) refuse("a picture with reserved bits set");
  const key = (flags & KEY) !== 0;
  const [sequence, depends_on] = [view.getUint32(HEADER_AT + 4), view.getUint32(HEADER_AT + 8)];
  if (key !== (depends_on === sequence)) refuse(`unit ${sequence} cannot depend on unit ${depends_on}`);
  const capture_us = time(HEADER_AT + 12);
  return {
    number, received_us: time(5), relayed_us: time(13), camera, key, sequence, depends_on, capture_us, rtp: rtpOf(capture_us),
    bytes: bytes.subarray(PICTURE_HEAD_BYTES),
  };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

const PICTURE = 1;
const MESSAGE = 2;
const VERSION = 1;
const H264 = 1;
const KEY = 1;
/** Where the vehicle's own header begins. */
const HEADER_AT = 21;
const LENGTH_AT = HEADER_AT + 20;
const RESERVED_AT = HEADER_AT + 24;
const PICTURE_HEAD_BYTES = HEADER_AT + 28;
/** As in gateway/protocol: a key frame of lossless noise is below it. */
const MAX_UNIT_BYTES = 512 * 1024;
/** No frame is longer. */
export const MAX_FRAME_BYTES = PICTURE_HEAD_BYTES + MAX_UNIT_BYTES;
