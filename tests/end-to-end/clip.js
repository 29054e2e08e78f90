// A camera whose every picture is known beforehand, so that a picture on a page can be held against it point by point.
//
// Each 16 by 16 tile (the block of H.264) is dark or bright. The top row tells the picture's number; all others are as good
// as drawn by lot, so two pictures differ in half of their tiles, and what is left over from another picture shows.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const [WIDTH, HEIGHT, TILE] = [640, 360, 16];
/** Luma as a camera gives it, 16 to 235. */
const [DARK, BRIGHT] = [50, 200];
const PICTURES = 64;

/** Is a tile of a picture bright? Goes into the page as text: it may use nothing from outside. */
function bright(number, x, y) {
  if (y === 0) {
    return ((number >> (x % 8)) & 1) !== ((x >> 3) & 1);
  }
  let mixed = Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(y * 64 + x + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((mixed >>> 15) & 1) === 1;
}

/** Writes the clip and makes every camera of a vehicle's profile show it, over and over. For the agent's next start. */
export async function playClip(system, vehicle) {
  const folder = path.join(system.folder, 'clip');
  await mkdir(folder);
  for (let number = 0; number < PICTURES; number += 1) {
    await writeFile(path.join(folder, `${String(number).padStart(2, '0')}.i420`), picture(number));
  }
  const read = `multifilesrc location=${folder}/%02d.i420 start-index=0 stop-index=${PICTURES - 1} loop=true`;
  const source = `${read} ! rawvideoparse format=i420 width=${WIDTH} height=${HEIGHT} framerate=30/1 ! identity sync=true`;
  await useSources(system, vehicle, () => source);
}

/** Rewrites the sources in a vehicle's profile: `source(camera, old)` says what a camera shall use. */
export async function useSources(system, vehicle, source) {
  const file = path.join(system.folder, vehicle, 'profile.toml');
  const text = await readFile(file, 'utf8');
  const changed = text.split(/^(?=\[\[cameras\]\]$)/m).map((table) => {
    const camera = table.match(/^name = "(\w+)"$/m)?.[1];
    return camera ? table.replace(/^source = (".*")$/m, (_, old) => `source = ${JSON.stringify(source(camera, JSON.parse(old)))}`) : table;
  });
  await writeFile(file, changed.join(''));
}

function picture(number) {
  const bytes = Buffer.alloc((WIDTH * HEIGHT * 3) / 2, 128);
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += TILE) {
      const at = y * WIDTH + x;
      bytes.fill(bright(number, x / TILE, Math.floor(y / TILE)) ? BRIGHT : DARK, at, at + TILE);
    }
  }
  return bytes;
}

/**
 * Runs in the page ahead of its scripts. Looks at each picture of the clip when it has been drawn, at one point in each 4 by 4
 * pixels: `window.clip.cameras[name].drawn` tells of each when it came, its number, how many points are not its own, and the
 * age that was on show for the one before it.
 */
function watch(bright, { tile, dark, light }) {
  const [WIDE, HIGH, STEP] = [160, 90, 4];
  // A clean decode is some 4 grey levels off what went into the encoder; what belongs to another picture is 175.
  const MOST_OFF = 16;
  const pen = new OffscreenCanvas(WIDE, HIGH).getContext('2d', { willReadFrequently: true, alpha: false });
  pen.imageSmoothingEnabled = false;

  function look(canvas) {
    pen.drawImage(canvas, 0, 0, WIDE, HIGH);
    const { data } = pen.getImageData(0, 0, WIDE, HIGH);
    const green = (x, y) => data[(y * WIDE + x) * 4 + 1];
    let number = 0;
    for (let bit = 0; bit < 6; bit += 1) {
      number |= Number(green(bit * (tile / STEP) + 2, 1) > (dark + light) / 2) << bit;
    }
    let [wrong, most] = [0, 0];
    for (let y = 0; y < HIGH; y += 1) {
      for (let x = 0; x < WIDE; x += 1) {
        const level = bright(number, Math.floor((x * STEP) / tile), Math.floor((y * STEP) / tile)) ? light : dark;
        const off = Math.abs(green(x, y) - level);
        most = Math.max(most, off);
        wrong += Number(off > MOST_OFF);
      }
    }
    return { number, wrong, most };
  }

  const cameras = {};
  window.clip = { look, cameras };
  const { drawImage, putImageData } = CanvasRenderingContext2D.prototype;
  const drawn = (canvas) => {
    const place = canvas.closest('[data-camera]');
    if (place) {
      const seen = { at: performance.now(), aged: Number(place.dataset.pictureAgeMs), ...look(canvas) };
      (cameras[place.dataset.camera] ??= { drawn: [] }).drawn.push(seen);
    }
  };
  CanvasRenderingContext2D.prototype.drawImage = function drawAndLook(image, ...where) {
    drawImage.call(this, image, ...where);
    if (image instanceof VideoFrame) {
      drawn(this.canvas);
    }
  };
  CanvasRenderingContext2D.prototype.putImageData = function putAndLook(...what) {
    putImageData.apply(this, what);
    drawn(this.canvas);
  };
}

/** What a browser makes of a camera's luma. */
const shown = (luma) => Math.round(((luma - 16) * 255) / 219);

/** To be run ahead of a page's scripts. */
export const clipWatcher = {
  content: `(${watch})(${bright}, ${JSON.stringify({ tile: TILE, dark: shown(DARK), light: shown(BRIGHT) })});`,
};

/** For the page: how many points of a picture are wrong of which one half shows what another picture left there. */
export const smearedPicture = `(() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: ${WIDTH}, height: ${HEIGHT} });
  const pen = canvas.getContext('2d');
  const bright = ${bright};
  for (let y = 0; y < ${HEIGHT / TILE}; y += 1) {
    for (let x = 0; x < ${WIDTH / TILE}; x += 1) {
      const level = bright(y < 12 ? 5 : 4, x, y) ? ${shown(BRIGHT)} : ${shown(DARK)};
      pen.fillStyle = 'rgb(' + [level, level, level] + ')';
      pen.fillRect(x * ${TILE}, y * ${TILE}, ${TILE}, ${TILE});
    }
  }
  return window.clip.look(canvas);
})()`;
