import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { unit } from "./codecs.fixture";
import { QuicCarrier, wholeFrame } from "./quic-peer";
import { ANSWER, frameOf, peerAt, readAll, settled } from "./unit-peer.fixture";

const COMMAND = Uint8Array.of(0xa0);
type Bytes = Uint8Array<ArrayBuffer>;
let transport: FakeTransport;

beforeEach(() => void vi.stubGlobal("WebTransport", FakeTransport));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("units over QUIC", () => {
  it("goes where the gateway says, and trusts the certificates it names and no other", async () => {
    await connected();
    expect(transport.url).toBe(ANSWER.quic?.url);
    expect(transport.options.serverCertificateHashes).toEqual([{ algorithm: "sha-256", value: new Uint8Array(32).fill(120) }]);
    expect(transport.datagrams.outgoingHighWaterMark).toBe(1);
  });

  it("reads a frame from each stream in whatever order they end, and messages from datagrams", async () => {
    const { said, made } = await connected();
    const [first, second] = [transport.stream(), transport.stream()];
    const [one, two] = [frameOf(unit(1, true)), frameOf(unit(2, false))];
    first.push(one.slice(0, 20));
    second.push(two);
    second.end();
    await settled();
    first.push(one.slice(20));
    first.end();
    transport.incoming.enqueue(Uint8Array.of(0xa3));
    await settled();
    expect(readAll(transport.sent)).toEqual([{ arrived: { number: 2 } }, { arrived: { number: 1 } }]);
    expect(made[0]?.queue.map(({ type }) => type)).toEqual(["key", "delta"]);
    expect(said.now).toEqual([Uint8Array.of(0xa3)]);
  });

  it("uses nothing of a stream that was broken off, and goes on with the others", async () => {
    const { said } = await connected();
    const [broken, good] = [transport.stream(), transport.stream()];
    broken.push(frameOf(unit(1, true)).slice(0, 60));
    await settled();
    broken.fail();
    good.push(frameOf(unit(2, true)));
    good.end();
    await settled();
    expect(readAll(transport.sent)).toEqual([{ arrived: { number: 2 } }]);
    expect(said.unreadable).toEqual([]);
  });

  it("holds no command back to send it later: while one is on its way the next is refused", async () => {
    const { peer } = await connected();
    transport.hold = true;
    expect(peer.send(COMMAND)).toBe(true);
    expect(peer.send(COMMAND)).toBe(false);
    await settled();
    expect(peer.send(COMMAND)).toBe(false);
    transport.release();
    await settled();
    expect(transport.sent).toHaveLength(1);
    expect(peer.send(COMMAND)).toBe(true);
  });

  it("sends each report as soon as there is room, not at the next tick", async () => {
    await connected();
    transport.hold = true;
    const all = Array.from({ length: 20 }, (_none, at) => at + 1);
    for (const number of all) {
      const stream = transport.stream();
      stream.push(frameOf(unit(number, true)));
      stream.end();
    }
    await settled();
    expect(transport.sent).toHaveLength(1);
    transport.hold = false;
    transport.release();
    await settled();
    expect(readAll(transport.sent)).toEqual(all.map((number) => ({ arrived: { number } })));
  });

  it("gives up a connection that does not come about within two seconds", async () => {
    vi.useFakeTimers();
    const { peer } = peerAt(new QuicCarrier());
    const connecting = peer.connect();
    const given_up = expect(connecting).rejects.toThrow("does not come about");
    await vi.advanceTimersByTimeAsync(1999);
    expect(transport.closes).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    await given_up;
    peer.close();
    expect(transport.closes).toBe(1);
  });

  it("does not come about where the gateway offers none", async () => {
    const carrier = new QuicCarrier();
    await expect(carrier.open({ viewer_id: "v", socket: "/s" }, {} as never)).rejects.toThrow("no QUIC");
  });

  it("is down where nothing more can be sent, though states may still come", async () => {
    const { peer, said } = await connected();
    transport.broken = true;
    peer.send(COMMAND);
    await settled();
    expect(said.down).toEqual([expect.stringContaining("nothing more can be sent")]);
  });

  it("says when the connection ends", async () => {
    const { said } = await connected();
    transport.end();
    await settled();
    expect(said.down).toEqual([expect.stringContaining("QUIC")]);
  });
});

describe("a frame of a stream", () => {
  it("is not copied where it came in one piece", async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(await wholeFrame(streamOf(bytes))).toBe(bytes);
    expect(await wholeFrame(streamOf(bytes, Uint8Array.of(4)))).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(await wholeFrame(streamOf())).toEqual(new Uint8Array());
  });

  it("has a bound", async () => {
    const piece = new Uint8Array(300 * 1024);
    await expect(wholeFrame(streamOf(piece, piece))).rejects.toThrow("more than");
  });
});

class FakeTransport {
  readonly ready: Promise<void>;
  readonly closed: Promise<void>;
  readonly sent: Uint8Array[] = [];
  closes = 0;
  hold = false;
  broken = false;
  incoming!: ReadableStreamDefaultController<Bytes>;
  datagrams: { outgoingHighWaterMark: number; readable: ReadableStream<Bytes>; writable: WritableStream<Uint8Array> };
  incomingUnidirectionalStreams: ReadableStream<ReadableStream<Bytes>>;
  open!: () => void;
  end!: () => void;
  release = (): void => undefined;
  private streams!: ReadableStreamDefaultController<ReadableStream<Bytes>>;

  constructor(
    readonly url: string,
    readonly options: WebTransportOptions,
  ) {
    transport = this;
    this.ready = new Promise((resolve) => (this.open = resolve));
    this.closed = new Promise((resolve) => (this.end = resolve));
    const write = (bytes: Uint8Array): Promise<void> | void => {
      if (this.broken) throw new Error("broken");
      this.sent.push(bytes);
      if (this.hold) return new Promise((resolve) => (this.release = resolve));
    };
    this.datagrams = {
      outgoingHighWaterMark: 5,
      readable: new ReadableStream({ start: (controller) => void (this.incoming = controller) }),
      writable: new WritableStream({ write }, { highWaterMark: 1 }),
    };
    this.incomingUnidirectionalStreams = new ReadableStream({ start: (controller) => void (this.streams = controller) });
  }

  stream() {
    let pieces!: ReadableStreamDefaultController<Bytes>;
    this.streams.enqueue(new ReadableStream({ start: (controller) => void (pieces = controller) }));
    return { push: (bytes: Bytes) => pieces.enqueue(bytes), end: () => pieces.close(), fail: () => pieces.error(new Error("reset")) };
  }

  close(): void {
    this.closes += 1;
  }
}

function streamOf(...pieces: Bytes[]): ReadableStream<Bytes> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

async function connected() {
  const all = peerAt(new QuicCarrier());
  const connecting = all.peer.connect();
  await settled();
  transport.open();
  await connecting;
  return all;
}
