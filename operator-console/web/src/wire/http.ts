// The HTTP API. Every failure becomes an ApiError with a sentence a person understands.

import type { LeaseAnswer, Me, VehicleView, ViewerAnswer, WayAnswer } from "./generated/http";

/** A refusal of the gateway, or no answer at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

const NO_ANSWER = "The gateway does not answer. Check the network, and that farhand-gateway runs.";

/** No request of the console may wait for ever: a hung answer must become a sentence on screen. */
const PATIENCE_MS = 5000;

export const api = {
  me: () => ask<Me>("GET", "/api/v1/me"),
  login: (name: string, password: string) => send("POST", "/api/v1/login", { name, password }),
  logout: () => send("POST", "/api/v1/logout"),
  vehicle: (id: string) => ask<VehicleView>("GET", `/api/v1/vehicles/${id}`),
  openViewer: (id: string, sdp: string) => ask<ViewerAnswer>("POST", `/api/v1/vehicles/${id}/viewers`, { sdp }),
  /** A viewer whose pictures come as units, over QUIC or a WebSocket. */
  openWay: (id: string) => ask<WayAnswer>("POST", `/api/v1/vehicles/${id}/ways`),
  /** `keepalive` lets the request outlive the page. */
  closeViewer: (id: string, viewer: string) => send("DELETE", `/api/v1/vehicles/${id}/viewers/${viewer}`, undefined, true),
  takeLease: (id: string, viewer_id: string) => ask<LeaseAnswer>("POST", `/api/v1/vehicles/${id}/lease`, { viewer_id }),
  giveLease: (id: string, viewer_id: string) => send("DELETE", `/api/v1/vehicles/${id}/lease`, { viewer_id }, true),
  stop: (id: string) => send("POST", `/api/v1/vehicles/${id}/stop`),
};

/** Follows all vehicles; returns how to stop following. `onDown` comes whenever the stream breaks; it heals itself. */
export function followFleet(onVehicles: (vehicles: VehicleView[]) => void, onDown: () => void): () => void {
  const stream = new EventSource("/api/v1/vehicles/live");
  stream.onmessage = (event: MessageEvent<string>) => {
    try {
      onVehicles(JSON.parse(event.data) as VehicleView[]);
    } catch {
      onDown();
    }
  };
  stream.onerror = onDown;
  return () => stream.close();
}

async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await call(method, path, body, false);
  try {
    return (await response.json()) as Answer;
  } catch {
    throw new ApiError(response.status, "The gateway's answer cannot be read. Is the console as new as the gateway? Reload the page.");
  }
}

async function send(method: string, path: string, body?: unknown, keepalive = false): Promise<void> {
  await call(method, path, body, keepalive);
}

async function call(method: string, path: string, body: unknown, keepalive: boolean): Promise<Response> {
  const request: RequestInit = { method, credentials: "same-origin", keepalive };
  if (!keepalive) request.signal = AbortSignal.timeout(PATIENCE_MS);
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "content-type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(path, request);
  } catch {
    throw new ApiError(0, NO_ANSWER);
  }
  if (response.ok) return response;
  throw new ApiError(response.status, await detailOf(response));
}

/** The `detail` of an RFC 9457 problem, or a sentence of our own. */
export async function detailOf(response: Response): Promise<string> {
  try {
    const problem: unknown = await response.json();
    if (typeof problem === "object" && problem !== null && "detail" in problem && typeof problem.detail === "string") {
      return problem.detail;
    }
  } catch {
    // Not JSON: a proxy's page, or nothing. The status below says enough.
  }
  if (response.status === 401) return "You are not logged in, or the login has ended. Log in again.";
  if (response.status === 403) return "Your account is not allowed to do this. Ask an administrator for the role.";
  return `The gateway refused with status ${response.status}.`;
}
