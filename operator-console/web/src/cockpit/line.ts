// Keeps one working connection to the gateway: builds it, notices that it is dead, builds the next one, by another way if need be.

import { ApiError, api } from "../wire/http";
import type { VehicleView } from "../wire/generated/http";
import { thisBrowser } from "./browser";
import { type Heard, Patience } from "./patience";
import type { Peer, PeerEvents } from "./peer";
import { QuicCarrier } from "./quic-peer";
import { SocketCarrier } from "./socket-peer";
import { UnitPeer } from "./unit-peer";
import { type Browser, forcedWay, noWaySentence, possibleWays, type Way, Ways } from "./ways";
import { WebRtcPeer } from "./webrtc-peer";

export interface LineEvents extends Omit<PeerEvents, "down"> {
  /** The vehicle as the gateway describes it, before each connection. */
  view(view: VehicleView): void;
  /** A connection was thrown away; whatever was bound to it is over. */
  lost(): void;
  /** A try failed; it goes on trying, unless no way is possible at all. */
  failed(error: ApiError): void;
}

type PeerMaker = (vehicle: string, cameras: number, events: PeerEvents) => Peer;

/** What a line is made with; tests make it with something else. */
export interface LineParts {
  browser: () => Promise<Browser>;
  peers: Readonly<Record<Way, PeerMaker>>;
}

const PARTS: LineParts = {
  browser: thisBrowser,
  peers: {
    webrtc: (vehicle, cameras, events) => new WebRtcPeer(vehicle, cameras, events),
    quic: (vehicle, cameras, events) => new UnitPeer("quic", new QuicCarrier(), vehicle, cameras, events),
    socket: (vehicle, cameras, events) => new UnitPeer("socket", new SocketCarrier(), vehicle, cameras, events),
  },
};

export class Line {
  peer: Peer | null = null;
  rebuilds = 0;
  private readonly patience = new Patience();
  private ways: Ways | null = null;
  private building = false;
  private closed = false;
  private retry: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly vehicle: string,
    private readonly events: LineEvents,
    private readonly parts: LineParts = PARTS,
  ) {}

  open(): void {
    void this.build();
  }

  close(): void {
    this.closed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    this.drop();
  }

  /** The way in use. */
  get way(): Way | null {
    return this.peer?.way ?? null;
  }

  /** A state came. */
  good(): void {
    this.patience.good();
    if (this.peer) this.ways?.good(this.peer.way);
  }

  /** To be called at each tick of the page. */
  tick(now_ms: number): void {
    this.peer?.tick(now_ms);
  }

  /** To be called a few times a second. */
  watch(now_ms: number, heard: Heard): void {
    if (this.peer && !this.building && this.patience.over(now_ms, heard)) this.giveUp(this.peer);
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

  /** The connection is dead. If it never gave a state, that is held against its way. */
  private giveUp(peer: Peer): void {
    if (this.peer !== peer) return;
    if (!this.patience.works) this.ways?.failed(peer.way);
    this.again();
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
      await this.connect();
    } catch (error) {
      if (this.closed) return;
      this.events.failed(error instanceof ApiError ? error : new ApiError(0, `The connection cannot be built: ${sentence(error)}.`));
      if (this.peer && blamesTheWay(error)) this.ways?.failed(this.peer.way);
      this.drop();
    } finally {
      this.building = false;
    }
    // It may also have gone down while it was being built.
    if (this.peer === null && this.ways?.next !== null) this.again();
  }

  private async connect(): Promise<void> {
    const view = await api.vehicle(this.vehicle);
    const way = await this.nextWay();
    if (this.closed) return;
    this.events.view(view);
    if (way === null) return;
    this.patience.built(performance.now());
    const peer: Peer = this.parts.peers[way](this.vehicle, view.cameras.length, { ...this.events, down: () => this.giveUp(peer) });
    this.peer = peer;
    await peer.connect();
    this.patience.built(performance.now());
  }

  private async nextWay(): Promise<Way | null> {
    if (this.ways === null) {
      const browser = await this.parts.browser();
      const forced = forcedWay(location.search);
      this.ways = new Ways(possibleWays(browser, forced));
      // Trying again would change nothing.
      if (this.ways.next === null) this.events.failed(new ApiError(0, noWaySentence(browser, forced)));
    }
    return this.ways.next;
  }
}

/** Is it the way's fault? Not if the gateway is away or refuses the person; but it is if it does not know this way or its codec. */
export function blamesTheWay(error: unknown): boolean {
  return !(error instanceof ApiError) || NOT_THIS_WAY.includes(error.status);
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const NOT_THIS_WAY: readonly number[] = [404, 405, 406, 501];
