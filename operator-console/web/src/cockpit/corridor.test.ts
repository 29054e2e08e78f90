import { describe, expect, it } from "vitest";
import type { CameraEye } from "../wire/generated/protocol";
import { Trail, floorOf, project, seenFrom } from "./corridor";

const FRONT: CameraEye = { x_mm: 0, y_mm: 0, z_mm: 2000, yaw_mrad: 0, fov_mrad: Math.round(Math.PI * 500), horizon_permille: 500 };
const REAR: CameraEye = { ...FRONT, yaw_mrad: Math.round(Math.PI * 1000) };

describe("the corridor on a picture", () => {
  it("shows the floor four metres ahead below the middle, the left side on the left", () => {
    const [left, right] = project([{ ahead_m: 4, left_m: 1 }, { ahead_m: 4, left_m: -1 }, { ahead_m: 8, left_m: -1 }], FRONT, 640, 360);
    // Half of 90 degrees: the focal length is half of the width.
    expect(left?.x).toBeCloseTo(320 - 80, 0);
    expect(right?.x).toBeCloseTo(320 + 80, 0);
    expect(left?.y).toBeCloseTo(180 + 160, 0);
  });

  it("lies higher on a picture that shows more of the floor", () => {
    const point = { ahead_m: 4, left_m: 1 };
    expect(project([point], { ...FRONT, horizon_permille: 250 }, 640, 360)[0]?.y).toBeCloseTo(90 + 160, 0);
  });

  it("is turned round for a camera that looks back", () => {
    const [left] = project([{ ahead_m: -4, left_m: 1 }, { ahead_m: -4, left_m: -1 }, { ahead_m: -8, left_m: -1 }], REAR, 640, 360);
    expect(left?.x).toBeCloseTo(320 + 80, 0);
  });

  it("is cut off before the camera, not thrown to the other side", () => {
    const floor = [{ ahead_m: -2, left_m: 0.5 }, { ahead_m: 6, left_m: 0.5 }, { ahead_m: 6, left_m: -0.5 }, { ahead_m: -2, left_m: -0.5 }];
    const points = project(floor, FRONT, 640, 360);
    expect(points).toHaveLength(4);
    expect(points.every(({ y }) => y > 180)).toBe(true);
    expect(Math.max(...points.map(({ y }) => y))).toBeCloseTo(180 + 320 * 8, -1);
    expect(project(floor.map(({ left_m }) => ({ ahead_m: -1, left_m })), FRONT, 640, 360)).toEqual([]);
  });
});

describe("a picture that is older than the corridor", () => {
  it("shows the floor from where the vehicle was when it was taken", () => {
    const there = { x_mm: 1000, y_mm: 2000, heading_mrad: 1571 };
    const here = { x_mm: 1000, y_mm: 2500, heading_mrad: 1571 };
    const [point] = seenFrom([{ ahead_m: 3, left_m: 1 }], here, there);
    expect(point?.ahead_m).toBeCloseTo(3.5, 2);
    expect(point?.left_m).toBeCloseTo(1, 2);
  });

  it("shows what lies ahead of a vehicle that has turned left further to the left", () => {
    const [point] = seenFrom([{ ahead_m: 2, left_m: 0 }], { x_mm: 0, y_mm: 0, heading_mrad: 1571 }, { x_mm: 0, y_mm: 0, heading_mrad: 0 });
    expect(point?.ahead_m).toBeCloseTo(0, 2);
    expect(point?.left_m).toBeCloseTo(2, 2);
  });

  it("is found between two snapshots, and at the end of the trail beyond it", () => {
    const trail = new Trail();
    expect(trail.at(0)).toBeNull();
    trail.add(1_000_000, { x_mm: 0, y_mm: 0, heading_mrad: 0 });
    trail.add(1_050_000, { x_mm: 100, y_mm: 0, heading_mrad: 10 });
    expect(trail.at(1_025_000)).toEqual({ x_mm: 50, y_mm: 0, heading_mrad: 5 });
    expect(trail.at(900_000)?.x_mm).toBe(0);
    expect(trail.at(2_000_000)?.x_mm).toBe(100);
    trail.add(10_000, { x_mm: -7, y_mm: 0, heading_mrad: 0 });
    expect(trail.at(1_025_000)?.x_mm).toBe(-7);
  });
});

it("reads corners in pairs", () => {
  const corridor = { id: 1, age_ms: 0, here: { x_mm: 0, y_mm: 0, heading_mrad: 0 }, corners_mm: [1500, -250, 2000, 0] };
  expect(floorOf(corridor)).toEqual([{ ahead_m: 1.5, left_m: -0.25 }, { ahead_m: 2, left_m: 0 }]);
});
