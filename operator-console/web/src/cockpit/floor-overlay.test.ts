import { describe, expect, it } from "vitest";
import { VehicleClock } from "./clock";
import { Trail } from "./corridor";
import { floorOverlay, lookOf } from "./floor-overlay";
import { parked } from "./state.fixture";

const here = { x_mm: 0, y_mm: 0, heading_mrad: 0 };
const corridor = { id: 1, age_ms: 40, here, corners_mm: [1500, 600, 4000, 600, 4000, -600, 1500, -600] };
const driven = { ...parked(), state: "Teleop" as const, corridor };

describe("the look of the corridor", () => {
  it("is ready while it is fresh, old past 300 ms, and nothing once the state itself is old", () => {
    expect(lookOf(driven, 50)).toBe("ready");
    expect(lookOf(driven, 280)).toBe("old");
    expect(lookOf(driven, 1200)).toBe("none");
    expect(lookOf({ ...driven, corridor: null }, 50)).toBe("none");
    expect(lookOf(null, null)).toBe("none");
  });

  it("does not grow old while the truck stops along it", () => {
    expect(lookOf({ ...driven, state: "SafeStop", corridor: { ...corridor, age_ms: 900 } }, 50)).toBe("stopping");
  });
});

it("lays a polygon over the picture that was captured a moment ago", () => {
  const [clock, trail] = [new VehicleClock(), new Trail()];
  clock.state(performance.now() * 1000, 5_000_000);
  trail.add(5_000_000, here);
  const points: number[] = [];
  const context = {
    canvas: { width: 640, height: 360 }, beginPath() {}, closePath() {}, fill() {}, stroke() {}, setLineDash() {},
    lineTo: (x: number, y: number) => points.push(x, y),
  } as unknown as CanvasRenderingContext2D;
  const eye = { x_mm: 0, y_mm: 0, z_mm: 2000, yaw_mrad: 0, fov_mrad: 1571, horizon_permille: 250 };
  floorOverlay({ newest: driven, state_age_ms: 20, clock, trail }, eye)(context, (4_950_000 * 9) / 100);
  expect(points).toHaveLength(8);
  expect(points[3]).toBeCloseTo(90 + 160, 0);
  points.length = 0;
  floorOverlay({ newest: driven, state_age_ms: 2000, clock, trail }, eye)(context, 0);
  expect(points).toHaveLength(0);
});
