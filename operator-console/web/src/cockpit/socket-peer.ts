// Units over a WebSocket: for where no UDP goes. TCP brings all bytes in order, so one lost packet holds back all after it.

import type { WayAnswer } from "../wire/generated/http";
import type { Carrier, CarrierEvents } from "./unit-peer";

export class SocketCarrier implements Carrier {
  private socket: WebSocket | null = null;

  async open({ socket: path }: WayAnswer, events: CarrierEvents): Promise<void> {
    const url = new URL(path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) events.frame(new Uint8Array(data));
      else events.unreadable("a message in words where bytes are expected");
    };
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onclose = () => reject(new Error("the WebSocket to the gateway cannot be opened"));
    });
    socket.onclose = () => events.down("the WebSocket to the gateway was closed");
  }

  get waiting_bytes(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  write(bytes: Uint8Array<ArrayBuffer>): void {
    // A socket that closes takes bytes and drops them.
    if (this.socket?.readyState !== OPEN) throw new Error("the socket is not open");
    this.socket.send(bytes);
  }

  close(): void {
    this.socket?.close();
  }
}

/** `WebSocket.OPEN`. */
const OPEN = 1;
