// The floor that the stop held ready would sweep: from the vehicle's words to points on a picture and on a plan. Pure.

import type { CameraEye, Corridor, Pose } from "../wire/generated/protocol";

/** A point in metres, ahead and left of a vehicle's origin. */
export interface FloorPoint {
  ahead_m: number;
  left_m: number;
}

/** A point of a picture, in its pixels from the upper left corner. */
export interface PicturePoint {
  x: number;
  y: number;
}

/** Older than this, the corridor is shown as one that may not hold any more. */
export const CORRIDOR_OLD_MS = 300;

/** Corners around the vehicle as it was at the snapshot. */
export function floorOf(corridor: Corridor): FloorPoint[] {
  const points: FloorPoint[] = [];
  for (let at = 0; at + 1 < corridor.corners_mm.length; at += 2) {
    points.push({ ahead_m: (corridor.corners_mm[at] ?? 0) / 1000, left_m: (corridor.corners_mm[at + 1] ?? 0) / 1000 });
  }
  return points;
}

/** The same points around the vehicle where it was at `there`: a picture shows the floor from where it was taken. */
export function seenFrom(points: readonly FloorPoint[], here: Pose, there: Pose): FloorPoint[] {
  const east_m = (here.x_mm - there.x_mm) / 1000;
  const north_m = (here.y_mm - there.y_mm) / 1000;
  const [sin, cos] = [Math.sin(there.heading_mrad / 1000), Math.cos(there.heading_mrad / 1000)];
  const turned = (here.heading_mrad - there.heading_mrad) / 1000;
  const [turned_sin, turned_cos] = [Math.sin(turned), Math.cos(turned)];
  return points.map(({ ahead_m, left_m }) => ({
    ahead_m: east_m * cos + north_m * sin + ahead_m * turned_cos - left_m * turned_sin,
    left_m: north_m * cos - east_m * sin + ahead_m * turned_sin + left_m * turned_cos,
  }));
}

/** The polygon on the picture of a level pinhole, whose lens may be shifted; empty if all of it lies behind the camera. */
export function project(points: readonly FloorPoint[], eye: CameraEye, width_px: number, height_px: number): PicturePoint[] {
  const [sin, cos] = [Math.sin(eye.yaw_mrad / 1000), Math.cos(eye.yaw_mrad / 1000)];
  const before = points.map(({ ahead_m, left_m }) => {
    const [x, y] = [ahead_m - eye.x_mm / 1000, left_m - eye.y_mm / 1000];
    return { ahead_m: x * cos + y * sin, left_m: y * cos - x * sin };
  });
  const focal_px = width_px / 2 / Math.tan(eye.fov_mrad / 2000);
  return inFront(before).map(({ ahead_m, left_m }) => ({
    x: width_px / 2 - (focal_px * left_m) / ahead_m,
    y: (height_px * eye.horizon_permille) / 1000 + (focal_px * eye.z_mm) / 1000 / ahead_m,
  }));
}

/** The part of a polygon that lies at least [`NEAREST_M`] before the camera. */
function inFront(points: readonly FloorPoint[]): FloorPoint[] {
  const kept: FloorPoint[] = [];
  points.forEach((point, at) => {
    const next = points[(at + 1) % points.length] ?? point;
    if (point.ahead_m >= NEAREST_M) kept.push(point);
    if (point.ahead_m >= NEAREST_M !== next.ahead_m >= NEAREST_M) {
      const share = (NEAREST_M - point.ahead_m) / (next.ahead_m - point.ahead_m);
      kept.push({ ahead_m: NEAREST_M, left_m: point.left_m + share * (next.left_m - point.left_m) });
    }
  });
  return kept;
}

/** Where the vehicle was in the last second, by its own odometry. */
export class Trail {
  private readonly places: { vehicle_us: number; here: Pose }[] = [];

  /** A newer snapshot. */
  add(vehicle_us: number, here: Pose): void {
    const last = this.places.at(-1);
    // Another boot counts from elsewhere.
    if (last && (vehicle_us <= last.vehicle_us || vehicle_us - last.vehicle_us > TRAIL_US)) this.places.length = 0;
    this.places.push({ vehicle_us, here });
    while ((this.places[0]?.vehicle_us ?? vehicle_us) < vehicle_us - TRAIL_US) this.places.shift();
  }

  /** Where it was at that time; the nearest end if nobody knows. */
  at(vehicle_us: number): Pose | null {
    const after = this.places.findIndex((place) => place.vehicle_us >= vehicle_us);
    const two = after < 0 ? this.places.at(-1) : this.places[after];
    const one = this.places[after - 1];
    if (!two || !one || after < 1) return two?.here ?? null;
    const share = (vehicle_us - one.vehicle_us) / (two.vehicle_us - one.vehicle_us);
    const between = (from: number, to: number): number => from + share * (to - from);
    return {
      x_mm: between(one.here.x_mm, two.here.x_mm),
      y_mm: between(one.here.y_mm, two.here.y_mm),
      heading_mrad: between(one.here.heading_mrad, two.here.heading_mrad),
    };
  }
}

/** Nearer than this, a pinhole throws points anywhere. */
const NEAREST_M = 0.25;
const TRAIL_US = 1_500_000;
