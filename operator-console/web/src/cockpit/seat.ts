// The place at the gateway that a connection holds, whatever its way is: a lease is bound to it.

import { api } from "../wire/http";

export class Seat {
  private held: string | null = null;

  constructor(private readonly vehicle: string) {}

  /** The gateway's number of the connection. */
  get viewer_id(): string | null {
    return this.held;
  }

  take(viewer_id: string): void {
    this.held = viewer_id;
  }

  /** Tells the gateway, so that the place is free at once; if it does not hear, it notices by silence. */
  leave(): void {
    const viewer = this.held;
    this.held = null;
    if (viewer !== null) api.closeViewer(this.vehicle, viewer).catch(() => undefined);
  }
}
