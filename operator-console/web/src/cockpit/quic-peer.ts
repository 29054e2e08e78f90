// Units over WebTransport: each picture on its own stream, messages as datagrams, so that nothing waits for what is lost.

import type { WayAnswer } from "../wire/generated/http";
import { MAX_FRAME_BYTES } from "../wire/units";
import type { Carrier, CarrierEvents } from "./unit-peer";

/** The newer face of datagrams has no `writable`, but makes one. */
type Datagrams = WebTransportDatagramDuplexStream & { createWritable?(): WritableStream<Uint8Array> };

export class QuicCarrier implements Carrier {
  private transport: WebTransport | null = null;
  private writer: WritableStreamDefaultWriter<Uint8Array> | null = null;
  private events: CarrierEvents | null = null;
  private waiting = 0;

  async open({ quic }: WayAnswer, events: CarrierEvents): Promise<void> {
    if (!quic) throw new Error("the gateway offers no QUIC");
    const transport = new WebTransport(quic.url, {
      requireUnreliable: true,
      congestionControl: "low-latency",
      serverCertificateHashes: quic.certificate_sha256.map((text) => ({ algorithm: "sha-256", value: bytesOf(text) })),
    });
    this.transport = transport;
    this.events = events;
    const over = transport.closed.then(
      () => "the gateway closed the QUIC connection",
      () => "the QUIC connection to the gateway failed",
    );
    await inTime(transport.ready, READY_MS);
    void over.then((why) => events.down(why));
    const datagrams: Datagrams = transport.datagrams;
    // So that a write is done when the datagram has left, not when it has been queued.
    datagrams.outgoingHighWaterMark = 1;
    const writer = (datagrams.writable ?? datagrams.createWritable?.()).getWriter() as WritableStreamDefaultWriter<Uint8Array>;
    this.writer = writer;
    const streams = transport.incomingUnidirectionalStreams as ReadableStream<ReadableStream<Uint8Array<ArrayBuffer>>>;
    void each(datagrams.readable as ReadableStream<Uint8Array<ArrayBuffer>>, (bytes) => events.message(bytes));
    void each(streams, (stream) => void this.readStream(stream, events));
  }

  get waiting_bytes(): number {
    return this.waiting;
  }

  write(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.writer === null) throw new Error("the connection is not open");
    this.waiting += bytes.byteLength;
    this.writer.write(bytes).then(
      () => {
        this.waiting -= bytes.byteLength;
        this.events?.ready();
      },
      // Pictures and states may still come, but the vehicle would hear nothing.
      () => this.events?.down("nothing more can be sent over QUIC"),
    );
  }

  close(): void {
    this.writer = null;
    this.events = null;
    // Before it is ready it cannot be closed by this, only by its end: then nobody listens any more.
    try {
      this.transport?.close();
    } catch {
      // It is over already.
    }
  }

  /** One frame. A stream that the gateway resets was too late: nothing of it is used. */
  private async readStream(stream: ReadableStream<Uint8Array<ArrayBuffer>>, events: CarrierEvents): Promise<void> {
    try {
      const frame = await wholeFrame(stream);
      if (frame && this.events) events.frame(frame);
    } catch (error) {
      if (this.events) events.unreadable(error instanceof Error ? error.message : String(error));
    }
  }
}

/** All bytes of a stream; `null` if it was broken off. A frame of one piece is not copied, another one once. */
export async function wholeFrame(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer> | null> {
  const reader = stream.getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const piece = await reader.read().catch(() => null);
    if (piece === null) return null;
    if (piece.done) break;
    pieces.push(piece.value);
    length += piece.value.byteLength;
    if (length > MAX_FRAME_BYTES) {
      void reader.cancel().catch(() => undefined);
      throw new Error(`a frame of more than ${MAX_FRAME_BYTES} bytes`);
    }
  }
  const [only] = pieces;
  if (only && pieces.length === 1) return only;
  const frame = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    frame.set(piece, at);
    at += piece.byteLength;
  }
  return frame;
}

/** Hands over what comes until nothing more does. */
async function each<Item>(readable: ReadableStream<Item>, take: (item: Item) => void): Promise<void> {
  const reader = readable.getReader();
  for (;;) {
    const next = await reader.read().catch(() => null);
    if (next === null || next.done) return;
    take(next.value);
  }
}

async function inTime(ready: Promise<unknown>, limit_ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("the QUIC connection to the gateway does not come about")), limit_ms);
  });
  try {
    await Promise.race([ready, late]);
  } finally {
    clearTimeout(timer);
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** A handshake takes two round trips: where none has come about by then, UDP does not get through. */
const READY_MS = 2000;
