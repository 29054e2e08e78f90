import { afterEach, describe, expect, it, vi } from "vitest";
import type { WayAnswer } from "../wire/generated/http";
import { unit } from "./codecs.fixture";
import type { Carrier, CarrierEvents } from "./unit-peer";
import { frameOf, peerAt, readAll, settled } from "./unit-peer.fixture";

const COMMAND = Uint8Array.of(0xa0);

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("a connection with units", () => {
  it("offers the pictures of each camera, and reports and decodes each that comes", async () => {
    const { said, made, carrier } = await connected();
    expect(said.sources).toHaveLength(2);
    carrier.events.frame(frameOf(unit(1, true)));
    carrier.events.frame(frameOf(unit(2, false)));
    expect(readAll(carrier.written)).toEqual([{ arrived: { number: 1 } }, { arrived: { number: 2 } }]);
    expect(made[0]?.queue.map(({ type }) => type)).toEqual(["key", "delta"]);
  });

  it("hands decoded pictures with their stamps to whoever shows that camera", async () => {
    const { said, made, carrier } = await connected();
    const shown: [number, number][] = [];
    const stops = said.sources.map((source, camera) =>
      source.start({ frame: (_frame, rtp) => (shown.push([camera, rtp]), Promise.resolve()), image: () => undefined }),
    );
    const [front, rear] = [unit(1, true, 40, 0), unit(2, true, 40, 1)];
    for (const sent of [front, rear]) carrier.events.frame(frameOf(sent));
    for (const decoder of made) decoder.run();
    await settled();
    expect(shown).toEqual([[0, front.rtp], [1, rear.rtp]]);
    stops[0]?.();
    carrier.events.frame(frameOf(unit(3, true)));
    made[0]?.run();
    await settled();
    expect(shown).toHaveLength(2);
    expect(made.flatMap(({ frames }) => frames.map(({ closed }) => closed))).toEqual([1, 1, 1]);
  });

  it("reports a picture that cannot be read as arrived, and one that is not whole not", async () => {
    const { said, carrier } = await connected();
    const strange = frameOf(unit(5, true));
    strange[22] = 9;
    carrier.events.frame(strange);
    carrier.events.frame(frameOf(unit(6, true)).subarray(0, -1));
    carrier.events.frame(frameOf(unit(7, true, 40, 3)));
    expect(readAll(carrier.written)).toEqual([{ arrived: { number: 5 } }, { arrived: { number: 7 } }]);
    expect(said.unreadable).toEqual([expect.stringContaining("codec 9"), expect.stringContaining("instead of"), expect.stringContaining("camera 3")]);
  });

  it("wishes for a key frame after a decoder's failure, and counts what is dropped until it comes", async () => {
    const { peer, said, made, carrier } = await connected();
    carrier.events.frame(frameOf(unit(1, true)));
    made[0]?.break();
    expect(said.unreadable).toEqual([expect.stringContaining("it broke")]);
    peer.tick(performance.now());
    expect(said.wished).toEqual([0]);
    expect(readAll(carrier.written).at(-1)).toEqual({ key_frame: { camera: 0 } });
    carrier.events.frame(frameOf(unit(2, false)));
    peer.tick(performance.now() + 100);
    expect(said.dropped).toBe(1);
    carrier.events.frame(frameOf(unit(3, true)));
    expect(made[1]?.queue).toHaveLength(1);
  });

  it("decodes nothing that hangs on a unit for which the decoder had no room", async () => {
    const { peer, said, made, carrier } = await connected();
    for (let number = 1; number <= 5; number++) carrier.events.frame(frameOf(unit(number, number === 1)));
    expect(made[0]?.queue).toHaveLength(4);
    expect(said.dropped).toBe(1);
    made[0]?.run();
    carrier.events.frame(frameOf(unit(6, false)));
    peer.tick(performance.now());
    expect(made[0]?.queue).toEqual([]);
    expect(said.wished).toEqual([0]);
    carrier.events.frame(frameOf(unit(7, true)));
    expect(made[0]?.queue.map(({ type }) => type)).toEqual(["key"]);
  });

  it("sends no command while an older one waits, also not behind reports, but does behind reports alone", async () => {
    const { peer, carrier } = await connected();
    expect(peer.send(COMMAND)).toBe(true);
    carrier.waiting_bytes = COMMAND.length;
    expect(peer.send(COMMAND)).toBe(false);
    carrier.events.frame(frameOf(unit(1, true)));
    const report = carrier.written[1]?.length ?? 0;
    expect(report).toBeGreaterThan(0);
    carrier.waiting_bytes = COMMAND.length + report;
    expect(peer.send(COMMAND)).toBe(false);
    carrier.waiting_bytes = report;
    expect(peer.send(COMMAND)).toBe(true);
    carrier.waiting_bytes = COMMAND.length;
    expect(peer.send(COMMAND)).toBe(false);
  });

  it("keeps reports until there is room for them", async () => {
    const { carrier } = await connected();
    carrier.waiting_bytes = 128;
    carrier.events.frame(frameOf(unit(1, true)));
    expect(carrier.written).toEqual([]);
    carrier.waiting_bytes = 127;
    carrier.events.ready();
    expect(readAll(carrier.written)).toEqual([{ arrived: { number: 1 } }]);
  });

  it("keeps no more than sixty reports, the newest", async () => {
    const { peer, carrier } = await connected();
    carrier.waiting_bytes = 1000;
    for (let number = 1; number <= 100; number++) carrier.events.frame(frameOf(unit(number, true)));
    carrier.waiting_bytes = 0;
    peer.tick(performance.now());
    expect(carrier.written).toHaveLength(60);
    expect(readAll(carrier.written)[0]).toEqual({ arrived: { number: 41 } });
  });

  it("passes messages on, with the byte before them and without", async () => {
    const { said, carrier } = await connected();
    carrier.events.message(Uint8Array.of(0xa1));
    carrier.events.frame(Uint8Array.of(2, 0xa2));
    expect(said.now).toEqual([Uint8Array.of(0xa1), Uint8Array.of(0xa2)]);
  });

  it("knows its viewer and the port of QUIC, and sends nothing before it is open", async () => {
    const { peer, carrier } = peered();
    expect(peer.send(COMMAND)).toBe(false);
    await peer.connect();
    expect([peer.viewer_id, peer.udp_port, peer.channel_open]).toEqual(["v7", 7445, true]);
    expect(carrier.answer?.socket).toBe("/api/v1/ways/abc");
  });

  it("tells the gateway once when it ends, and is silent from then on", async () => {
    const { peer, said, made, closed, carrier } = await connected();
    carrier.events.frame(frameOf(unit(1, true)));
    peer.close();
    peer.close();
    expect(closed.mock.calls).toEqual([["truck-1", "v7"]]);
    expect([carrier.closed, made[0]?.state, peer.viewer_id, peer.channel_open]).toEqual([1, "closed", null, false]);
    carrier.events.frame(frameOf(unit(2, false)));
    carrier.events.message(COMMAND);
    carrier.events.down("late");
    peer.tick(performance.now() + 5000);
    expect(carrier.written).toHaveLength(1);
    expect([said.now, said.down, said.wished]).toEqual([[], [], []]);
  });

  it("frees its place when it was closed while the gateway was still answering", async () => {
    const { peer, closed, carrier } = peered();
    const connecting = peer.connect();
    peer.close();
    await connecting;
    expect(closed).toHaveBeenCalledWith("truck-1", "v7");
    expect(carrier.answer).toBeNull();
  });
});

class FakeCarrier implements Carrier {
  waiting_bytes = 0;
  closed = 0;
  answer: WayAnswer | null = null;
  written: Uint8Array[] = [];
  events!: CarrierEvents;

  open(answer: WayAnswer, events: CarrierEvents): Promise<void> {
    this.answer = answer;
    this.events = events;
    return Promise.resolve();
  }

  write(bytes: Uint8Array): void {
    this.written.push(bytes);
  }

  close(): void {
    this.closed += 1;
  }
}

function peered() {
  const carrier = new FakeCarrier();
  return { ...peerAt(carrier), carrier };
}

async function connected() {
  const all = peered();
  await all.peer.connect();
  return all;
}
