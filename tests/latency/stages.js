// Where the time between a stamp and the display tick went, as far as the page can tell.

import { ageMs } from './probe.js';

/** The picture is captured after it was rendered, and soon: what is further away belongs to another picture. */
const SOONEST_MS = -1;
const LATEST_MS = 25;

/**
 * `stage_render_to_capture`: from the burned-in stamp to the vehicle's own capture stamp (rendering to encoder's door);
 * `stage_capture_to_draw`: encoder, links, relay, browser's jitter buffer and decoder, up to the page's draw;
 * `stage_draw_to_tick`: from there to the display tick that shows it.
 */
export function stages({ pictures, drawn }, offset) {
  const samples = { stage_render_to_capture: [], stage_capture_to_draw: [], stage_draw_to_tick: [] };
  const names = [...new Set(drawn.map(({ camera }) => camera))];
  const byCamera = new Map(names.map((name) => [name, drawn.filter(({ camera, capture_us }) => camera === name && capture_us !== null)]));
  for (const [now, stamp, camera] of pictures) {
    const frame = frameOf(byCamera, camera, now, offset, stamp);
    if (frame) {
      samples.stage_render_to_capture.push(ageMs(frame.capture_us / 1000, stamp));
      samples.stage_capture_to_draw.push(frame.drawn_ms + offset - frame.capture_us / 1000);
      samples.stage_draw_to_tick.push(now - frame.drawn_ms);
    }
  }
  return Object.entries(samples).map(([name, values]) => ({ name, samples: values })).filter(({ samples }) => samples.length > 0);
}

const CAMERAS = ['front', 'rear', 'left', 'right'];

/** The drawn frame that shows this stamp: the camera's last one drawn before the tick, if its capture fits. */
function frameOf(byCamera, camera, now, offset, stamp) {
  const frame = byCamera.get(CAMERAS[camera])?.findLast(({ drawn_ms }) => drawn_ms <= now);
  if (!frame) {
    return null;
  }
  const wait = ageMs(frame.capture_us / 1000, stamp);
  return wait >= SOONEST_MS && wait <= LATEST_MS ? frame : null;
}
