// What tests of both ways with units need: frames as the gateway writes them, and what a peer says of them.

import { vi } from "vitest";
import { decode } from "cborg";
import type { WayAnswer } from "../wire/generated/http";
import type { FromConsole } from "../wire/generated/protocol";
import { api } from "../wire/http";
import type { Unit } from "../wire/units";
import { fakeDecoders } from "./codecs.fixture";
import type { PeerEvents } from "./peer";
import type { PictureSource } from "./picture-source";
import { type Carrier, UnitPeer } from "./unit-peer";

export const ANSWER: WayAnswer = {
  viewer_id: "v7",
  quic: { url: "https://gateway.example:7445/way/abc", certificate_sha256: [btoa("x".repeat(32))] },
  socket: "/api/v1/ways/abc",
};

/** A peer at its carrier, and all that it said. */
export function peerAt(carrier: Carrier) {
  const said = { now: [] as Uint8Array[], unreadable: [] as string[], wished: [] as number[], dropped: 0, down: [] as string[], sources: [] as PictureSource[] };
  const events: PeerEvents = {
    pictures: (_camera, source) => said.sources.push(source),
    now: (bytes) => said.now.push(bytes),
    log: () => undefined,
    unreadable: (why) => said.unreadable.push(why),
    wished: (camera) => said.wished.push(camera),
    dropped: (count) => (said.dropped += count),
    down: (why) => said.down.push(why),
  };
  const { made, make } = fakeDecoders();
  const peer = new UnitPeer("quic", carrier, "truck-1", 2, events, make);
  vi.spyOn(api, "openWay").mockResolvedValue(ANSWER);
  const closed = vi.spyOn(api, "closeViewer").mockResolvedValue(undefined);
  return { peer, said, made, closed };
}

/** The bytes of a frame with a picture. */
export function frameOf(unit: Unit): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(49 + unit.bytes.length);
  const view = new DataView(frame.buffer);
  frame[0] = 1;
  view.setUint32(1, unit.number);
  view.setBigUint64(5, BigInt(unit.received_us));
  view.setBigUint64(13, BigInt(unit.relayed_us));
  frame.set([1, 1, unit.camera, Number(unit.key)], 21);
  view.setUint32(25, unit.sequence);
  view.setUint32(29, unit.depends_on);
  view.setBigUint64(33, BigInt(unit.capture_us));
  view.setUint32(41, unit.bytes.length);
  frame.set(unit.bytes, 49);
  return frame;
}

/** Messages of the page as they were written. */
export function readAll(written: Uint8Array[]): FromConsole[] {
  return written.map((bytes) => decode(bytes) as FromConsole);
}

/** Lets everything happen that has been promised. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
