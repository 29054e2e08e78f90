// One operator at one vehicle: lease, commands and stops over a line. What the screen shows is read from here.

import { type InputSample, NOTHING, OperatorInput, type Press } from "../input/operator";
import { decodeState, decodeToConsole, encodeFromConsole } from "../wire/codec";
import { type ConsoleLink, type GlassStamp, type VehicleState, WIRE_VERSION } from "../wire/generated/protocol";
import { ApiError, api } from "../wire/http";
import type { Me, VehicleView } from "../wire/generated/http";
import { allows } from "../wire/roles";
import { VehicleClock } from "./clock";
import { Commander } from "./commander";
import { Trail } from "./corridor";
import { type EventLine, withEvent } from "./events";
import { Feed } from "./feed";
import { Line } from "./line";
import { acknowledgeable, saysMore } from "./shown";
import { Probe } from "./probe";
import { reachBy, slowWarning } from "./slow-way";
import { Stillness } from "./stillness";
import { type StopStage, Stopper } from "./stopper";
import type { Way } from "./ways";

export class DriveSession {
  view = $state.raw<VehicleView | null>(null);
  me = $state.raw<Me | null>(null);
  /** What the screen shows: each state that says something new, else ten a second. */
  state = $state.raw<VehicleState | null>(null);
  link = $state.raw<ConsoleLink | null>(null);
  feeds = $state.raw<Feed[]>([]);
  stop = $state.raw<StopStage>({ stage: "idle" });
  events = $state.raw<EventLine[]>([]);
  sample = $state.raw<InputSample | null>(null);
  /** Why the last thing that was tried did not work, for the operator. */
  trouble = $state("");
  /** Nothing more can be done here until somebody logs in. */
  logged_out = $state(false);
  lease = $state<"none" | "asked" | "mine">("none");
  acknowledging = $state(false);
  /** Age of the newest state on this page. */
  state_age_ms = $state<number | null>(null);
  round_trip_ms = $state<number | null>(null);
  /** Whole seconds for which the switch has been held without any change. */
  still_s = $state(0);
  /** How pictures and commands travel, and what is to be said of that. */
  way = $state<Way | null>(null);
  slow_warning = $state<string | null>(null);

  readonly clock = new VehicleClock();
  readonly trail = new Trail();
  readonly input = new OperatorInput((press) => this.press(press), () => this.release());
  private readonly commander = new Commander();
  private readonly stopper = new Stopper();
  private readonly stillness = new Stillness();
  private readonly probe = new Probe();
  private readonly line: Line;
  private readonly endings: (() => void)[] = [];
  /** The newest state, shown or not yet. */
  newest: VehicleState | null = null;
  private heard_ms: number | null = null;
  private state_ms: number | null = null;
  /** What was wrong with the connection; it is no longer so once a state comes. */
  private line_trouble = "";
  private granted_ms = 0;
  private next_ping_ms = 0;
  private next_show_ms = 0;
  private last_tick_ms: number | null = null;
  private closed = false;

  constructor(readonly vehicle: string) {
    this.line = new Line(vehicle, {
      view: (view) => this.seeView(view),
      pictures: (camera, source) => this.feeds[camera]?.attach(source),
      now: (bytes) => this.heard(bytes),
      log: (text) => this.logged(text),
      unreadable: (why) => this.unreadable(why),
      wished: () => (this.probe.stats.wishes += 1),
      dropped: (count) => (this.probe.stats.units_dropped += count),
      lost: () => this.lostLine(),
      failed: (error) => {
        this.complain(error);
        this.line_trouble = this.trouble;
      },
    });
  }

  open(): void {
    this.input.open();
    this.endings.push(this.probe.show());
    const worker = new Worker(new URL("./tick.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = () => this.tick(performance.now());
    this.endings.push(() => worker.terminate());
    const leave = (): void => this.close();
    // A page that comes back out of the browser's cache has lost its connection: it starts anew.
    const back = (event: PageTransitionEvent): void => void (event.persisted && location.reload());
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", back);
    this.endings.push(() => window.removeEventListener("pagehide", leave));
    api.me().then((me) => (this.me = me), (error: unknown) => this.complain(error));
    this.line.open();
  }

  close(): void {
    if (this.closed) return;
    this.input.close();
    if (this.lease === "mine") this.giveBack();
    this.closed = true;
    this.line.close();
    for (const feed of this.feeds) feed.detach();
    for (const end of this.endings) end();
  }

  /** What a key or a button asks for. */
  press(press: Press): void {
    if (press === "stop") this.pressStop();
    else if (press === "take") void this.take();
    else this.acknowledge();
  }

  /** Only a machine of this kind has a mast to lift with. */
  get has_forks(): boolean {
    return this.view?.kind === "counterbalance-truck";
  }

  /** True if this account may drive; while unknown, the gateway decides. */
  get may_drive(): boolean {
    return this.me === null || allows(this.me.role, "drive");
  }

  /**
   * Takes control; with the lease in hand, confirms the vehicle for the take-over. `rearm` is the latched stop that the operator
   * saw and acknowledges with it; no other one is.
   */
  async take(rearm: number | null = null): Promise<void> {
    if (this.lease === "mine") return this.commander.confirm();
    const viewer = this.line.peer?.viewer_id;
    if (this.lease === "asked" || !viewer) return;
    this.lease = "asked";
    this.trouble = "";
    try {
      const lease = await api.takeLease(this.vehicle, viewer);
      if (this.line.peer?.viewer_id !== viewer) throw new ApiError(0, "The connection was rebuilt meanwhile. Take control again.");
      this.commander.grant(lease);
      this.commander.confirm();
      this.lease = "mine";
      this.granted_ms = performance.now();
      if (rearm !== null && this.state?.latch === rearm) this.acknowledge();
    } catch (error) {
      this.lease = "none";
      this.complain(error);
    }
  }

  /** Gives control back. */
  giveBack(): void {
    const viewer = this.line.peer?.viewer_id;
    this.input.drop();
    this.endLease();
    if (viewer) api.giveLease(this.vehicle, viewer).catch((error: unknown) => this.complain(error));
  }

  /** Acknowledges the latched stop; takes control first where nobody has it. */
  acknowledge(): void {
    const latch = this.state?.latch ?? null;
    if (latch === null || !acknowledgeable(this.state)) return;
    if (this.lease === "mine") {
      this.commander.acknowledge(latch, performance.now());
      this.acknowledging = true;
    } else if (this.lease === "none") {
      void this.take(latch);
    }
  }

  pressStop(): void {
    this.input.drop();
    this.stopper.press(performance.now(), crypto.getRandomValues(new Uint32Array(1))[0] ?? 1);
    this.sendStop(performance.now());
  }

  private tick(now_ms: number): void {
    if (this.closed) return;
    const { stats } = this.probe;
    stats.ticks += 1;
    stats.longest_tick_gap_ms = Math.max(stats.longest_tick_gap_ms, now_ms - (this.last_tick_ms ?? now_ms));
    this.last_tick_ms = now_ms;
    this.sendStop(now_ms);
    const sample = this.input.sample(now_ms, this.reach());
    if (this.commander.due(now_ms, sample)) this.sendCommand(now_ms, sample);
    this.line.tick(now_ms);
    if (now_ms >= this.next_ping_ms) {
      this.next_ping_ms = now_ms + PING_MS;
      this.line.peer?.send(encodeFromConsole({ ping: { operator_us: Math.round(now_ms * 1000) } }));
    }
    if (now_ms >= this.next_show_ms) {
      this.next_show_ms = now_ms + SHOW_MS;
      this.show(now_ms, sample);
    }
  }

  /** Everything is let go: the vehicle hears of it at once, not at the next tick. */
  private release(): void {
    this.commander.releaseNow();
    this.sendCommand(performance.now(), { ...NOTHING, age_ms: 0, source: "keys" });
  }

  private sendCommand(now_ms: number, sample: InputSample): void {
    const command = this.commander.make(now_ms, sample, this.stamps());
    if (!command) return;
    if (this.line.peer?.send(encodeFromConsole({ command }))) {
      this.commander.sent(now_ms, command);
      this.stillness.sent(now_ms, command);
      this.probe.stats.commands_sent += 1;
    } else {
      this.probe.stats.commands_held += 1;
    }
  }

  private sendStop(now_ms: number): void {
    const output = this.stopper.tick(now_ms, this.line.peer?.channel_open ?? false);
    if (output.datagram !== null) {
      this.line.peer?.send(encodeFromConsole({ stop: { v: WIRE_VERSION, request: output.datagram } }));
    }
    if (output.http) api.stop(this.vehicle).catch((error: unknown) => this.complain(error));
    if (this.stop !== this.stopper.now) this.stop = this.stopper.now;
  }

  private stamps(): GlassStamp[] {
    return this.feeds.map((feed) => feed.stamp()).filter((stamp) => stamp !== null);
  }

  private reach() {
    return reachBy(this.line.way, {
      max_speed_mm_s: this.view?.max_speed_mm_s ?? 0,
      max_steering_mrad: this.view?.max_steering_mrad ?? 0,
      cap_mm_s: this.newest?.cap_mm_s ?? 0,
      lift_mm_s: this.has_forks ? LIFT_MM_S : 0,
    });
  }

  /** Ten times a second: what the screen shows of times and ages, and whether the line still lives. */
  private show(now_ms: number, sample: InputSample): void {
    this.sample = sample;
    if (this.newest !== this.state) this.state = this.newest;
    this.still_s = Math.floor(this.stillness.forMs(now_ms) / 1000);
    this.state_age_ms = this.state_ms === null ? null : Math.round(now_ms - this.state_ms);
    const round_trip_us = this.clock.bestRoundTrip(now_ms * 1000);
    this.round_trip_ms = round_trip_us === null ? null : round_trip_us / 1000;
    this.probe.stats.round_trip_us = round_trip_us;
    this.probe.stats.rebuilds = this.line.rebuilds;
    this.probe.stats.way = this.way = this.line.way;
    this.slow_warning = slowWarning(this.way, this.line.peer?.udp_port ?? null, this.lease === "mine");
    const { link } = this;
    this.line.watch(now_ms, {
      any_ms: this.heard_ms,
      state_ms: this.state_ms,
      gateway_has_state: (link?.connected ?? false) && (link?.state_age_ms ?? FRESH_MS) < FRESH_MS,
    });
  }

  private heard(bytes: Uint8Array): void {
    const now_ms = performance.now();
    try {
      const message = decodeToConsole(bytes);
      this.heard_ms = now_ms;
      if ("state" in message) this.heardState(decodeState(message.state), now_ms);
      else if ("link" in message) this.heardLink(message.link, now_ms);
      else this.heardPong(message.pong.operator_us, now_ms);
    } catch (error) {
      this.unreadable(error instanceof Error ? error.message : "unknown");
    }
  }

  private unreadable(why: string): void {
    this.probe.stats.undecodable += 1;
    this.trouble = `A message cannot be read (${why}). Reload the page.`;
  }

  private heardState(state: VehicleState, now_ms: number): void {
    const old = this.newest;
    if (old && old.boot_id === state.boot_id && state.seq <= old.seq) {
      this.probe.stats.states_old += 1;
      return;
    }
    this.probe.stats.states += 1;
    this.clock.state(now_ms * 1000, state.vehicle_us);
    if (state.corridor) {
      this.trail.add(state.vehicle_us, state.corridor.here);
      const { id, age_ms, corners_mm } = state.corridor;
      this.probe.corridor({ vehicle_us: state.vehicle_us, id, age_ms, corners_mm });
    }
    // Before the first command of this lease arrived, the echo may be another page's clock.
    if (state.echo && this.lease === "mine" && state.echo.operator_us > this.granted_ms * 1000) {
      this.clock.roundTrip(now_ms * 1000, now_ms * 1000 - state.echo.operator_us - state.echo.hold_us);
    }
    this.newest = state;
    if (saysMore(this.state, state)) this.state = state;
    this.state_ms = now_ms;
    if (this.trouble === this.line_trouble) this.trouble = "";
    this.line.good();
    this.stopper.observe(state, now_ms);
    this.commander.observe(state, now_ms);
    this.acknowledging = this.commander.acknowledging;
  }

  private heardLink(link: ConsoleLink, now_ms: number): void {
    const returned = link.connected && this.link !== null && !this.link.connected;
    this.link = link;
    // A message that left the gateway just before the grant still says "not mine".
    if (this.lease === "mine" && !link.mine && now_ms - this.granted_ms > GRANT_MS) {
      this.endLease();
      this.trouble = "Your control of this vehicle has ended: the gateway no longer heard you, or it was taken back.";
    }
    if (returned) void this.seeAgain();
  }

  /** A vehicle that comes back may have other cameras; only then does the connection have to change. */
  private async seeAgain(): Promise<void> {
    try {
      const view = await api.vehicle(this.vehicle);
      const names = (of: VehicleView | null): string => JSON.stringify(of?.cameras.map((camera) => camera.name));
      if (names(view) !== names(this.view)) this.line.again();
      else this.view = view;
    } catch (error) {
      this.complain(error);
    }
  }

  private heardPong(operator_us: number, now_ms: number): void {
    const vehicle_us = this.link?.vehicle_rtt_us ?? null;
    if (vehicle_us !== null) this.clock.roundTrip(now_ms * 1000, now_ms * 1000 - operator_us + vehicle_us);
  }

  private logged(text: string): void {
    this.events = withEvent(this.events, text);
  }

  private seeView(view: VehicleView): void {
    this.view = view;
    this.logged_out = false;
    const same = view.cameras.length === this.feeds.length && view.cameras.every((camera, at) => camera.name === this.feeds[at]?.name);
    if (same) return;
    for (const feed of this.feeds) feed.detach();
    this.feeds = view.cameras.map(
      ({ name }, index) =>
        new Feed(index, name, (_feed, { rtp, drawn_ms }) =>
          this.probe.drawn({ camera: name, rtp, drawn_ms, capture_us: this.clock.captureOf(drawn_ms * 1000, rtp) }),
        ),
    );
  }

  private lostLine(): void {
    this.endLease();
    this.link = null;
  }

  private endLease(): void {
    this.commander.end();
    this.stillness.end();
    if (this.lease === "mine") this.lease = "none";
    this.acknowledging = false;
  }

  private complain(error: unknown): void {
    if (error instanceof ApiError && error.status === 401) this.logged_out = true;
    this.trouble = error instanceof Error ? error.message : String(error);
  }
}

/** Creep of the forks on a key: a quarter of what a truck does by default, for a person who sees them in a picture. */
const LIFT_MM_S = 100;
const PING_MS = 250;
const SHOW_MS = 100;
const FRESH_MS = 500;
/** The gateway repeats its view twice a second; one repetition later it must know of the grant. */
const GRANT_MS = 1200;
