import { describe, expect, it } from "vitest";
import { planOf } from "../fleet/map";
import { ranked, shownAge } from "../fleet/age";
import { parked } from "../cockpit/state.fixture";
import { detailOf } from "../wire/http";
import type { VehicleView } from "../wire/generated/http";
import { allows } from "../wire/roles";
import { age, metres, metresPerSecond } from "./figures";
import { pageOf } from "./route.svelte";

describe("pages", () => {
  it("finds its page by the address and no other", () => {
    expect(pageOf("/", "")).toEqual({ page: "fleet" });
    expect(pageOf("/drive/truck-1", "")).toEqual({ page: "drive", vehicle: "truck-1" });
    expect(pageOf("/safety", "")).toEqual({ page: "safety" });
    expect(pageOf("/drive/../x", "")).toEqual({ page: "unknown" });
    expect(pageOf("/drive/", "")).toEqual({ page: "unknown" });
  });

  it("follows a login only to its own pages", () => {
    expect(pageOf("/login", "?next=/drive/truck-1")).toEqual({ page: "login", next: "/drive/truck-1" });
    expect(pageOf("/login", "?next=//elsewhere.example/fleet")).toEqual({ page: "login", next: "/fleet" });
    expect(pageOf("/login", "?next=https://elsewhere.example")).toEqual({ page: "login", next: "/fleet" });
  });

  it("orders roles", () => {
    expect(allows("drive", "watch")).toBe(true);
    expect(allows("watch", "drive")).toBe(false);
  });

  it("shows figures with their units", () => {
    expect(metresPerSecond(-1250)).toBe("−1.25 m/s");
    expect(metresPerSecond(-1)).toBe("0.00 m/s");
    expect(metres(null)).toBe("– m");
    expect([age(42.4), age(9999), age(12_000), age(300_000)]).toEqual(["42 ms", "9999 ms", "12 s", "5 min"]);
  });

  it("adds what the page waited to the age of a state", () => {
    expect(shownAge(view("a"), 500)).toBe(520);
    expect(shownAge({ ...view("a"), state: null }, 500)).toBeNull();
  });

  it("puts vehicles in need first and those away last", () => {
    const needy = { ...view("c"), state: { ...parked(), latch: 4 } };
    const away = { ...view("a"), connected: false };
    expect(ranked([away, view("b"), needy]).map(({ id }) => id)).toEqual(["c", "b", "a"]);
  });

  it("draws the map around all vehicles, north up", () => {
    const at = (x_mm: number, y_mm: number) => ({ ...view("a"), state: { ...parked(), pose: { x_mm, y_mm, heading_mrad: 0 } } });
    const plan = planOf([at(0, 0), at(10_000, 20_000), view("b")]);
    expect(plan?.trucks).toHaveLength(2);
    const [left, top, width, height] = plan?.box ?? [0, 0, 0, 0];
    expect(plan?.trucks.every(({ x, y }) => x >= left && x <= left + width && y >= top && y <= top + height)).toBe(true);
    expect(planOf([view("b")])).toBeNull();
  });

  it("reads why the gateway refused, or says something of its own", async () => {
    expect(await detailOf(new Response(JSON.stringify({ detail: "bob holds it" }), { status: 409 }))).toBe("bob holds it");
    expect(await detailOf(new Response("<html>", { status: 502 }))).toContain("502");
    expect(await detailOf(new Response("", { status: 401 }))).toContain("Log in again");
  });
});

function view(id: string): VehicleView {
  return {
    id, kind: "counterbalance-truck", connected: true, cameras: [], max_speed_mm_s: 2000, max_steering_mrad: 1000, outline: null,
    vehicle_rtt_us: 900, state_age_ms: 20, holder: null, epoch: null, watchers: 0, state: parked(),
  };
}
