// A connection over which pictures come as units: what QUIC and the WebSocket have in common.

import { encodeFromConsole } from "../wire/codec";
import type { WayAnswer } from "../wire/generated/http";
import type { FromConsole } from "../wire/generated/protocol";
import { api } from "../wire/http";
import { decodeFrame, UnitError } from "../wire/units";
import type { Peer, PeerEvents } from "./peer";
import { Seat } from "./seat";
import { UnitPictures } from "./unit-pictures";
import type { Way } from "./ways";

export interface CarrierEvents {
  /** A picture or a message, with the byte that says which. */
  frame(bytes: Uint8Array<ArrayBuffer>): void;
  /** A message alone. */
  message(bytes: Uint8Array<ArrayBuffer>): void;
  /** Bytes that can be no frame. */
  unreadable(why: string): void;
  /** There is room again for what waits. */
  ready(): void;
  down(why: string): void;
}

/** What carries bytes both ways. */
export interface Carrier {
  /** Connects; throws if that does not work. */
  open(answer: WayAnswer, events: CarrierEvents): Promise<void>;
  /** Bytes that were written and have not left yet. */
  readonly waiting_bytes: number;
  /** Throws if it is not open. */
  write(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export class UnitPeer implements Peer {
  private readonly pictures: UnitPictures;
  /** Reports that wait for room: each one counts, so they are not latest-wins, but only so many wait; the oldest are dropped. */
  private reports: Uint8Array<ArrayBuffer>[] = [];
  /** Bytes of reports that were written after the last command. */
  private reported_bytes = 0;
  private readonly seat: Seat;
  private open = false;
  private closed = false;
  private port: number | null = null;

  constructor(
    readonly way: Way,
    private readonly carrier: Carrier,
    private readonly vehicle: string,
    cameras: number,
    private readonly events: PeerEvents,
    decoder?: (init: VideoDecoderInit) => VideoDecoder,
  ) {
    this.seat = new Seat(vehicle);
    this.pictures = new UnitPictures(
      cameras,
      {
        wish: (camera) => this.wish(camera),
        dropped: (count) => events.dropped(count),
        unreadable: (why) => events.unreadable(why),
      },
      decoder,
    );
  }

  async connect(): Promise<void> {
    this.pictures.sources.forEach((source, camera) => this.events.pictures(camera, source));
    const answer = await api.openWay(this.vehicle);
    this.seat.take(answer.viewer_id);
    this.port = answer.quic ? portOf(answer.quic.url) : null;
    if (this.closed) return this.seat.leave();
    await this.carrier.open(answer, {
      frame: (bytes) => this.frame(bytes),
      message: (bytes) => !this.closed && this.events.now(bytes),
      unreadable: (why) => !this.closed && this.events.unreadable(why),
      ready: () => this.flush(),
      down: (why) => this.fail(why),
    });
    this.open = true;
  }

  get viewer_id(): string | null {
    return this.seat.viewer_id;
  }

  get udp_port(): number | null {
    return this.port;
  }

  get channel_open(): boolean {
    return this.open && !this.closed;
  }

  /** A few bytes of reports may stand before a command, an older command never. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (!this.channel_open || this.carrier.waiting_bytes > this.reported_bytes || !this.write(bytes)) return false;
    this.reported_bytes = 0;
    return true;
  }

  tick(now_ms: number): void {
    if (!this.channel_open) return;
    this.pictures.tick(now_ms);
    this.flush();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.pictures.close();
    this.carrier.close();
    this.reports = [];
    this.seat.leave();
  }

  private frame(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.closed) return;
    try {
      const read = decodeFrame(bytes);
      if ("message" in read) return this.events.now(read.message);
      // First the report: from it the gateway tells how fast the way is.
      this.report({ arrived: { number: read.unit.number } });
      this.pictures.arrive(performance.now(), read.unit);
    } catch (error) {
      if (error instanceof UnitError && error.number !== null) this.report({ arrived: { number: error.number } });
      this.events.unreadable(error instanceof Error ? error.message : String(error));
    }
  }

  private wish(camera: number): void {
    this.events.wished(camera);
    this.report({ key_frame: { camera } });
  }

  private report(message: FromConsole): void {
    this.reports.push(encodeFromConsole(message));
    if (this.reports.length > MOST_REPORTS) this.reports.shift();
    this.flush();
  }

  private flush(): void {
    while (this.channel_open && this.carrier.waiting_bytes < ROOM_BYTES) {
      const report = this.reports.shift();
      if (report === undefined || !this.write(report)) return;
      this.reported_bytes += report.byteLength;
    }
  }

  private write(bytes: Uint8Array<ArrayBuffer>): boolean {
    try {
      this.carrier.write(bytes);
      return true;
    } catch {
      return false;
    }
  }

  private fail(why: string): void {
    if (!this.closed) this.events.down(why);
  }
}

function portOf(url: string): number | null {
  return URL.canParse(url) ? Number(new URL(url).port || 443) : null;
}

/** The reports of one burst of pictures, and no more: on a way that stands still, what is written is late. */
const ROOM_BYTES = 128;
/** Half a second of four cameras: older ones would no longer say how fast the way is now. */
const MOST_REPORTS = 60;
