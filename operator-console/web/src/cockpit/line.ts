// Keeps one working connection to the gateway: builds it, notices that it is dead, builds the next one.

import { ApiError, api } from "../wire/http";
import type { VehicleView } from "../wire/generated/http";
import { type Heard, Patience } from "./patience";
import { Peer } from "./peer";

export interface LineEvents {
  /** The vehicle as the gateway describes it, before each connection. */
  view(view: VehicleView): void;
  track(camera: number, track: MediaStreamTrack): void;
  now(bytes: Uint8Array): void;
  log(text: string): void;
  /** A connection was thrown away; whatever was bound to it is over. */
  lost(): void;
  /** A try failed; it goes on trying. */
  failed(error: ApiError): void;
}

export class Line {
  peer: Peer | null = null;
  rebuilds = 0;
  private readonly patience = new Patience();
  private building = false;
  private closed = false;
  private retry: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly vehicle: string,
    private readonly events: LineEvents,
  ) {}

  open(): void {
    void this.build();
  }

  close(): void {
    this.closed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    this.drop();
  }

  /** A state came. */
  good(): void {
    this.patience.good();
  }

  /** To be called a few times a second. */
  watch(now_ms: number, heard: Heard): void {
    if (this.peer && !this.building && this.patience.over(now_ms, heard)) this.again();
  }

  /** Throws the connection away and builds another one. */
  again(): void {
    if (this.closed || this.retry !== null) return;
    this.rebuilds += 1;
    this.drop();
    this.retry = setTimeout(() => {
      this.retry = null;
      void this.build();
    }, this.patience.nextDelay());
  }

  private drop(): void {
    if (this.peer === null) return;
    this.peer.close();
    this.peer = null;
    this.events.lost();
  }

  private async build(): Promise<void> {
    if (this.closed || this.building) return;
    this.building = true;
    try {
      const view = await api.vehicle(this.vehicle);
      if (this.closed) return;
      this.events.view(view);
      const peer: Peer = new Peer(this.vehicle, view.cameras.length, {
        track: (camera, track) => this.events.track(camera, track),
        now: (bytes) => this.events.now(bytes),
        log: (text) => this.events.log(text),
        down: () => this.peer === peer && this.again(),
      });
      this.peer = peer;
      await peer.connect();
      this.patience.built(performance.now());
    } catch (error) {
      this.building = false;
      if (this.closed) return;
      this.events.failed(error instanceof ApiError ? error : new ApiError(0, `The connection cannot be built: ${String(error)}`));
      this.again();
    } finally {
      this.building = false;
    }
  }
}
