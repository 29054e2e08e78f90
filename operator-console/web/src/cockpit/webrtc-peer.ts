// One WebRTC connection to the gateway: a track for each camera, channel `now` and channel `log`.

import { api } from "../wire/http";
import type { Peer, PeerEvents } from "./peer";
import { Seat } from "./seat";
import { trackSource } from "./track-source";

export class WebRtcPeer implements Peer {
  readonly way = "webrtc";
  readonly udp_port = null;
  private readonly connection = new RTCPeerConnection();
  private readonly now: RTCDataChannel;
  private readonly seat: Seat;
  private closed = false;

  constructor(
    private readonly vehicle: string,
    private readonly cameras: number,
    private readonly events: PeerEvents,
  ) {
    this.seat = new Seat(vehicle);
    this.now = this.connection.createDataChannel("now", { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 });
    this.now.binaryType = "arraybuffer";
    this.now.onclose = () => this.fail("the command channel was closed");
    this.now.onmessage = (event: MessageEvent<unknown>) => {
      if (!this.closed && event.data instanceof ArrayBuffer) events.now(new Uint8Array(event.data));
    };
    const log = this.connection.createDataChannel("log", { negotiated: true, id: 1 });
    log.onmessage = (event: MessageEvent<unknown>) => {
      if (!this.closed && typeof event.data === "string") events.log(event.data);
    };
    this.connection.onconnectionstatechange = () => {
      if (this.connection.connectionState === "failed") this.fail("the connection to the gateway failed");
    };
  }

  async connect(): Promise<void> {
    for (let camera = 0; camera < this.cameras; camera++) {
      const { receiver } = this.connection.addTransceiver("video", { direction: "recvonly" });
      if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
      this.events.pictures(camera, trackSource(receiver.track));
    }
    const offer = await this.connection.createOffer();
    await this.connection.setLocalDescription(offer);
    // The gateway's own address is in its answer, and it learns the page's from the first check: no need to gather.
    const answer = await api.openViewer(this.vehicle, offer.sdp ?? "");
    this.seat.take(answer.viewer_id);
    if (this.closed) return this.seat.leave();
    await this.connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
  }

  get viewer_id(): string | null {
    return this.seat.viewer_id;
  }

  get channel_open(): boolean {
    return !this.closed && this.now.readyState === "open";
  }

  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (!this.channel_open || this.now.bufferedAmount > 0) return false;
    try {
      this.now.send(bytes);
      return true;
    } catch {
      return false;
    }
  }

  /** The browser keeps the pictures in order. */
  tick(): void {}

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.connection.close();
    this.seat.leave();
  }

  private fail(why: string): void {
    if (!this.closed) this.events.down(why);
  }
}
