// Runs inside the page: reads the stamp that is burned into each picture, at every display tick.

/* global document, performance, requestAnimationFrame, window */

/**
 * Installs `window.probe`: from `start()` on each tick looks at every canvas of `selector` and notes the stamp on show.
 * A stamp is CLOCK_MONOTONIC at the end of rendering, in units of 100 us modulo 2^28; see the simulator's README.
 */
export function installProbe(selector) {
  const CELLS = 40;
  const scratch = document.createElement('canvas');
  scratch.width = CELLS;
  scratch.height = 1;
  const pen = scratch.getContext('2d', { willReadFrequently: true, alpha: false });
  pen.imageSmoothingEnabled = false;

  /** The stamp in a canvas, or null where its checksum is wrong. */
  function stampOf(canvas) {
    const cell = canvas.width / CELLS;
    const row = canvas.height - cell / 2;
    for (let at = 0; at < CELLS; at += 1) {
      pen.drawImage(canvas, Math.floor((at + 0.5) * cell), Math.floor(row), 1, 1, at, 0, 1, 1);
    }
    const { data } = pen.getImageData(0, 0, CELLS, 1);
    const bytes = [0, 0, 0, 0, 0];
    for (let at = 0; at < CELLS; at += 1) {
      bytes[at >> 3] = (bytes[at >> 3] << 1) | (data[at * 4 + 1] > 127 ? 1 : 0);
    }
    if ((bytes[0] ^ bytes[1] ^ bytes[2] ^ bytes[3]) !== bytes[4]) {
      return null;
    }
    const word = ((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) >>> 0;
    return { stamp: word >>> 4, camera: word & 15 };
  }

  const probe = { running: false, ticks: 0, bad: 0, fresh: [], shown: [] };
  const last = new Map();
  function tick() {
    if (!probe.running) {
      return;
    }
    requestAnimationFrame(tick);
    const now = performance.now();
    probe.ticks += 1;
    for (const canvas of document.querySelectorAll(selector)) {
      const read = stampOf(canvas);
      if (!read) {
        probe.bad += 1;
        continue;
      }
      probe.shown.push([now, read.stamp]);
      if (last.get(read.camera) !== read.stamp) {
        last.set(read.camera, read.stamp);
        probe.fresh.push([now, read.stamp]);
      }
    }
  }
  probe.start = () => {
    Object.assign(probe, { running: true, ticks: 0, bad: 0, fresh: [], shown: [] });
    last.clear();
    requestAnimationFrame(tick);
  };
  probe.stop = () => {
    probe.running = false;
    return { ticks: probe.ticks, bad: probe.bad, fresh: probe.fresh, shown: probe.shown };
  };
  window.probe = probe;
}

const UNITS = 2 ** 28;

/** Milliseconds between a stamp and an instant of the page's clock. */
export function agesMs(pairs, offsetMs) {
  return pairs.map(([now, stamp]) => {
    const units = Math.round((now + offsetMs) * 10);
    const age = (((units - stamp) % UNITS) + UNITS) % UNITS;
    return (age > UNITS / 2 ? age - UNITS : age) / 10;
  });
}
