// Runs inside the page: reads the stamp that is burned into each picture, at every display tick.

/* global document, performance, requestAnimationFrame, window */

/**
 * Installs `window.bench`: from `start()` on, each display tick looks at every picture (`[data-camera]`) and notes the stamp
 * on show. A stamp is CLOCK_MONOTONIC at the end of rendering, in units of 100 us modulo 2^28; see sim/world/src/stamp.rs.
 */
export function installProbe() {
  const CELLS = 40;
  const MOST_CAMERAS = 8;
  const scratch = document.createElement('canvas');
  Object.assign(scratch, { width: CELLS, height: MOST_CAMERAS });
  const pen = scratch.getContext('2d', { willReadFrequently: true, alpha: false });
  pen.imageSmoothingEnabled = false;

  /** The 40 cells of one row of the scratch as a stamp, or null where the checksum is wrong. */
  function decode(data, row) {
    const bytes = [0, 0, 0, 0, 0];
    for (let at = 0; at < CELLS; at += 1) {
      bytes[at >> 3] = (bytes[at >> 3] << 1) | (data[(row * CELLS + at) * 4 + 1] > 127 ? 1 : 0);
    }
    if ((bytes[0] ^ bytes[1] ^ bytes[2] ^ bytes[3]) !== bytes[4]) {
      return null;
    }
    const word = ((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) >>> 0;
    return { stamp: word >>> 4, camera: word & 15 };
  }

  /** The strips of all pictures, one row each: without smoothing a cell becomes the pixel in its middle. */
  function readAll(canvases) {
    canvases.forEach((canvas, row) => {
      const strip = Math.round((canvas.height * 16) / 360);
      pen.drawImage(canvas, 0, canvas.height - Math.ceil(strip / 2), canvas.width, 1, 0, row, CELLS, 1);
    });
    const { data } = pen.getImageData(0, 0, CELLS, canvases.length);
    return canvases.map((_, row) => decode(data, row));
  }

  const fresh = () => ({ ticks: 0, unreadable: 0, cost_ms: 0, longest_tick_ms: 0, pictures: [], shown: [], drawn: [] });
  let [running, notes, canvases, lastTick, collector] = [false, fresh(), [], null, null];
  const last = new Map();

  function tick() {
    if (!running) {
      return;
    }
    requestAnimationFrame(tick);
    const now = performance.now();
    notes.longest_tick_ms = Math.max(notes.longest_tick_ms, lastTick === null ? 0 : now - lastTick);
    lastTick = now;
    notes.ticks += 1;
    for (const read of readAll(canvases)) {
      if (!read) {
        notes.unreadable += 1;
        continue;
      }
      notes.shown.push([now, read.stamp]);
      if (last.get(read.camera) !== read.stamp) {
        last.set(read.camera, read.stamp);
        notes.pictures.push([now, read.stamp, read.camera]);
      }
    }
    notes.cost_ms += performance.now() - now;
  }

  /** The page's own list of drawn frames is short; what it forgets is kept here. */
  function collect() {
    const since = notes.drawn.at(-1)?.drawn_ms ?? -Infinity;
    notes.drawn.push(...(window.farhandProbe?.frames() ?? []).filter(({ drawn_ms }) => drawn_ms > since));
  }

  window.bench = {
    /** True once all pictures are there and readable. */
    sees(count) {
      canvases = [...document.querySelectorAll('[data-camera]')].map((place) => (place.matches('canvas') ? place : place.querySelector('canvas')));
      return canvases.length === count && !canvases.includes(null) && readAll(canvases).every((read) => read !== null);
    },
    start() {
      [running, notes, lastTick] = [true, fresh(), null];
      last.clear();
      collector = setInterval(collect, 1000);
      requestAnimationFrame(tick);
    },
    stop() {
      running = false;
      clearInterval(collector);
      collect();
      return notes;
    },
  };
}

/** Keeps hold of the page's WebRTC connections, for their statistics. Runs before the page's own code. */
export function keepPeers() {
  const peers = [];
  window.benchPeers = peers;
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, parameters) {
      const peer = new target(...parameters);
      peers.push(peer);
      return peer;
    },
  });
}

const UNITS = 2 ** 28;

/** Milliseconds from a stamp to an instant of CLOCK_MONOTONIC (in milliseconds). */
export function ageMs(atMs, stamp) {
  const age = (((Math.round(atMs * 10) - stamp) % UNITS) + UNITS) % UNITS;
  return (age > UNITS / 2 ? age - UNITS : age) / 10;
}
