import { afterEach, describe, expect, it, vi } from "vitest";
import { encode } from "cborg";
import type { Reach } from "../input/keyboard";
import { ApiError, api } from "../wire/http";
import type { VehicleView } from "../wire/generated/http";
import type { VehicleState } from "../wire/generated/protocol";
import type { LineEvents } from "./line";
import { DriveSession } from "./session.svelte";
import { parked } from "./state.fixture";
import type { Way } from "./ways";

describe("acknowledging a stop by taking control", () => {
  afterEach(() => vi.restoreAllMocks());

  it("acknowledges the stop that was on the screen, once the gateway has granted control", async () => {
    const session = new DriveSession("truck-1");
    connect(session);
    session.state = halted(3);
    session.acknowledge();
    await granted(session);
    expect(session.acknowledging).toBe(true);
  });

  it("forgets the wish where there is no connection, and never means a stop that nobody saw", async () => {
    const session = new DriveSession("truck-1");
    session.state = halted(3);
    session.acknowledge();
    session.state = halted(8);
    connect(session);
    void session.take();
    await granted(session);
    expect(session.acknowledging).toBe(false);
  });

  it("does not acknowledge the next stop when another came while control was asked for", async () => {
    const session = new DriveSession("truck-1");
    connect(session);
    session.state = halted(3);
    session.acknowledge();
    session.state = halted(4);
    await granted(session);
    expect(session.acknowledging).toBe(false);
  });
});

describe("the line of a session", () => {
  it("forgets what was wrong with the connection once a state comes, and nothing else that was wrong", () => {
    const session = new DriveSession("truck-1");
    const { events } = lineOf(session);
    events.failed(new ApiError(0, "no ice"));
    expect(session.trouble).toBe("no ice");
    events.now(encode({ state: encode(parked()) }));
    expect(session.trouble).toBe("");
    events.unreadable("camera 1: it broke");
    events.now(encode({ state: encode({ ...parked(), seq: 2 }) }));
    expect(session.trouble).toContain("it broke");
  });

  it("lets wishes go no further than the way in use allows", () => {
    const session = new DriveSession("truck-1");
    session.view = { max_speed_mm_s: 2000 } as VehicleView;
    const reach = (way: Way): number => {
      Object.assign(lineOf(session), { peer: { way } });
      return (session as unknown as { reach(): Reach }).reach().max_speed_mm_s;
    };
    expect([reach("webrtc"), reach("quic"), reach("socket")]).toEqual([2000, 2000, 1000]);
  });
});

function lineOf(session: DriveSession): { events: LineEvents } {
  return (session as unknown as { line: { events: LineEvents } }).line;
}

function halted(latch: number): VehicleState {
  return { ...parked(), state: "Halt", latch };
}

/** A connection over which nothing goes, to a gateway that grants. */
function connect(session: DriveSession): void {
  const peer = { viewer_id: 7, send: () => true, channel_open: true };
  Object.assign(lineOf(session), { peer });
  vi.spyOn(api, "takeLease").mockResolvedValue({ epoch: 4, boot_id: 5 } as Awaited<ReturnType<typeof api.takeLease>>);
}

async function granted(session: DriveSession): Promise<void> {
  await vi.waitFor(() => expect(session.lease).toBe("mine"));
}
