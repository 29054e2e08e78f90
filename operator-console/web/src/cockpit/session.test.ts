import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "../wire/http";
import type { VehicleState } from "../wire/generated/protocol";
import { DriveSession } from "./session.svelte";
import { parked } from "./state.fixture";

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

function halted(latch: number): VehicleState {
  return { ...parked(), state: "Halt", latch };
}

/** A connection over which nothing goes, to a gateway that grants. */
function connect(session: DriveSession): void {
  const peer = { viewer_id: 7, send: () => true, channel_open: true };
  Object.assign((session as unknown as { line: object }).line, { peer });
  vi.spyOn(api, "takeLease").mockResolvedValue({ epoch: 4, boot_id: 5 } as Awaited<ReturnType<typeof api.takeLease>>);
}

async function granted(session: DriveSession): Promise<void> {
  await vi.waitFor(() => expect(session.lease).toBe("mine"));
}
