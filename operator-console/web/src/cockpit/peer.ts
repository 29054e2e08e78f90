// One connection to the gateway, by whatever way. Built once, never mended: one that fails is thrown away and a new one is built.

import type { PictureSource } from "./picture-source";
import type { Way } from "./ways";

export interface PeerEvents {
  /** The pictures of this camera come from there. */
  pictures(camera: number, source: PictureSource): void;
  /** A message of the gateway. */
  now(bytes: Uint8Array): void;
  log(text: string): void;
  /** A picture cannot be read or decoded. */
  unreadable(why: string): void;
  /** A key frame is asked for. */
  wished(camera: number): void;
  /** Units that will never be shown. */
  dropped(count: number): void;
  /** The connection failed; nothing more will come. */
  down(why: string): void;
}

export interface Peer {
  readonly way: Way;
  /** Connects. Throws an `ApiError` if the gateway refuses, another error if the way does not work. */
  connect(): Promise<void>;
  /** The gateway's number of this connection, which a lease is bound to. */
  readonly viewer_id: string | null;
  readonly channel_open: boolean;
  /** UDP port of the gateway's QUIC, as far as it is known. */
  readonly udp_port: number | null;
  /** Sends if nothing older still waits; latest wins, nothing queues. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean;
  /** To be called at each tick of the page. */
  tick(now_ms: number): void;
  close(): void;
}
