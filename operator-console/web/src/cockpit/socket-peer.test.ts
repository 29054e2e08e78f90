import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { unit } from "./codecs.fixture";
import { SocketCarrier } from "./socket-peer";
import { frameOf, peerAt, readAll, settled } from "./unit-peer.fixture";

const COMMAND = Uint8Array.of(0xa0);
let socket: FakeSocket;

beforeEach(() => {
  vi.stubGlobal("location", { href: "https://gateway.example/drive/truck-1", protocol: "https:" });
  vi.stubGlobal("WebSocket", FakeSocket);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("units over a WebSocket", () => {
  it("opens the path of the gateway's answer, encrypted as the page is", async () => {
    await connected();
    expect(socket.url).toBe("wss://gateway.example/api/v1/ways/abc");
    expect(socket.binaryType).toBe("arraybuffer");
  });

  it("reads each message as a frame, and refuses words", async () => {
    const { said } = await connected();
    socket.onmessage({ data: frameOf(unit(1, true)).buffer });
    socket.onmessage({ data: Uint8Array.of(2, 0xa2).buffer });
    socket.onmessage({ data: "hello" });
    expect(readAll(socket.sent)).toEqual([{ arrived: { number: 1 } }]);
    expect(said.now).toEqual([Uint8Array.of(0xa2)]);
    expect(said.unreadable).toEqual([expect.stringContaining("words")]);
  });

  it("sends no command while an older one is buffered, and none once the socket is closing", async () => {
    const { peer } = await connected();
    expect(peer.send(COMMAND)).toBe(true);
    socket.bufferedAmount = COMMAND.length;
    expect(peer.send(COMMAND)).toBe(false);
    socket.bufferedAmount = 0;
    socket.readyState = 2;
    expect(peer.send(COMMAND)).toBe(false);
    expect(socket.sent).toHaveLength(1);
  });

  it("does not come about where it cannot be opened", async () => {
    const { peer } = peerAt(new SocketCarrier());
    const connecting = peer.connect();
    await settled();
    socket.onclose();
    await expect(connecting).rejects.toThrow("cannot be opened");
    expect(peer.channel_open).toBe(false);
  });

  it("says when it was closed from there, and nothing when from here", async () => {
    const { said } = await connected();
    socket.onclose();
    expect(said.down).toEqual([expect.stringContaining("closed")]);
    const other = await connected();
    other.peer.close();
    expect(socket.closed).toBe(true);
    socket.onclose();
    expect(other.said.down).toEqual([]);
  });
});

class FakeSocket {
  binaryType = "blob";
  readyState = 0;
  bufferedAmount = 0;
  closed = false;
  readonly sent: Uint8Array[] = [];
  onopen!: () => void;
  onclose!: () => void;
  onmessage!: (event: { data: unknown }) => void;
  readonly url: string;

  constructor(url: URL) {
    this.url = String(url);
    socket = this;
  }

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }

  close(): void {
    this.closed = true;
    this.readyState = 3;
  }
}

async function connected() {
  const all = peerAt(new SocketCarrier());
  const connecting = all.peer.connect();
  await settled();
  socket.readyState = 1;
  socket.onopen();
  await connecting;
  return all;
}
