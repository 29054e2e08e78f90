// The floor that the page shows for a stop, against the floor that the truck really swept.

/** Where a machine was, noted by the simulator at each command that it got. */
export async function trackOf(truth, name, since_us) {
  const commands = await truth.actuators(name, since_us);
  return commands.map(({ received_us, x_m, y_m, heading_rad }) => ({ at_us: received_us, x_m, y_m, heading_rad }));
}

/** Where it was at that time, between two notes. */
export function placeAt(places, at_us) {
  const after = places.findIndex((place) => place.at_us >= at_us);
  if (after < 1) {
    return null;
  }
  const [one, two] = [places[after - 1], places[after]];
  const share = (at_us - one.at_us) / (two.at_us - one.at_us);
  const between = (key) => one[key] + share * (two[key] - one[key]);
  return { x_m: between('x_m'), y_m: between('y_m'), heading_rad: between('heading_rad') };
}

function pointAt(place, ahead_m, left_m) {
  const [sin, cos] = [Math.sin(place.heading_rad), Math.cos(place.heading_rad)];
  return [place.x_m + ahead_m * cos - left_m * sin, place.y_m + ahead_m * sin + left_m * cos];
}

/** A shown corridor on the site's floor. */
export function onTheFloor(shown, place) {
  const corners = [];
  for (let at = 0; at < shown.corners_mm.length; at += 2) {
    corners.push(pointAt(place, shown.corners_mm[at] / 1000, shown.corners_mm[at + 1] / 1000));
  }
  return corners;
}

/** How far a point lies outside a polygon; 0 inside. */
export function outside(polygon, [x, y]) {
  let [inside, nearest] = [false, Infinity];
  polygon.forEach((a, at) => {
    const b = polygon[(at + 1) % polygon.length];
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) {
      inside = !inside;
    }
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const share = Math.min(Math.max(((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy || 1), 0), 1);
    nearest = Math.min(nearest, Math.hypot(x - a[0] - share * dx, y - a[1] - share * dy));
  });
  return inside ? 0 : nearest;
}

/** Corners of the truck's outline at a place. */
export function corners(outline, place) {
  const [ahead, behind, half] = [outline.ahead_mm / 1000, -outline.behind_mm / 1000, outline.width_mm / 2000];
  return [[ahead, half], [ahead, -half], [behind, half], [behind, -half]].map(([x, y]) => pointAt(place, x, y));
}

/**
 * How far the truck left the floor that was shown in the half second before the stop began, on its way from there to where it
 * stood.
 */
export function leftTheFloor(outline, places, shown, began_us) {
  const recent = shown.filter(({ vehicle_us }) => vehicle_us <= began_us && vehicle_us >= began_us - 500_000);
  const floors = recent.map((corridor) => [corridor, placeAt(places, corridor.vehicle_us)]).filter(([, place]) => place !== null);
  const polygons = floors.map(([corridor, place]) => onTheFloor(corridor, place));
  const swept = places.filter(({ at_us }) => at_us >= began_us).flatMap((place) => corners(outline, place));
  const farthest = Math.max(...swept.map((corner) => Math.min(...polygons.map((polygon) => outside(polygon, corner)))));
  return { farthest, corridors: polygons.length, places: swept.length / 4 };
}
