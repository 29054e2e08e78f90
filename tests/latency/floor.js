// The floor: x264 -> socket -> WebCodecs -> canvas, with nothing of ours between, from the same cameras on the same machine.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

// The browser tests' packages are these benches' packages.
const { WebSocketServer } = createRequire(new URL('../end-to-end/package.json', import.meta.url))('ws');

const GDP_HEADER = 62;
const GDP_BUFFER = 1;

/** Serves a page at `url` that shows the cameras behind these shared-memory sockets. */
export async function serveFloor(sockets) {
  const encoders = [];
  const http = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(page(sockets.length));
  });
  const web = new WebSocketServer({ server: http });
  web.on('connection', (socket, request) => {
    socket._socket.setNoDelay(true);
    const encoder = encode(sockets[Number(request.url.slice(1))], (unit) => socket.send(unit));
    encoders.push(encoder);
    socket.on('close', () => encoder.kill());
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    /** Process numbers of the encoders that run now. */
    encoders: () => encoders.map(({ pid }) => pid),
    url: `http://localhost:${http.address().port}/`,
    stop() {
      encoders.forEach((encoder) => encoder.kill());
      web.close();
      http.closeAllConnections();
      http.close();
    },
  };
}

/** One camera through x264 with the settings of a vehicle; each access unit comes whole, framed by GDP. */
function encode(socketPath, deliver) {
  const pipeline = [
    `shmsrc socket-path=${socketPath} is-live=true do-timestamp=true`,
    'video/x-raw,format=I420,width=640,height=360,framerate=30/1',
    'queue max-size-buffers=1 leaky=downstream',
    // As in vehicle-agent/cameras/src/pipeline.rs, so that both ways encode the same.
    'x264enc tune=zerolatency speed-preset=ultrafast bitrate=1200 vbv-buf-capacity=100 key-int-max=300 bframes=0 threads=1 ' +
      'sliced-threads=false cabac=false qp-min=18 byte-stream=true aud=false option-string=scenecut=0',
    'video/x-h264,profile=constrained-baseline,stream-format=byte-stream,alignment=au',
    'gdppay',
    'fdsink fd=1 sync=false',
  ].join(' ! ');
  const encoder = spawn('gst-launch-1.0', ['-q', ...pipeline.split(' ')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let kept = Buffer.alloc(0);
  encoder.stdout.on('data', (bytes) => {
    kept = Buffer.concat([kept, bytes]);
    while (kept.length >= GDP_HEADER) {
      const [type, length] = [kept.readUInt16BE(4), kept.readUInt32BE(6)];
      if (kept.length < GDP_HEADER + length) {
        return;
      }
      if (type === GDP_BUFFER) {
        deliver(kept.subarray(GDP_HEADER, GDP_HEADER + length));
      }
      kept = kept.subarray(GDP_HEADER + length);
    }
  });
  return encoder;
}

function page(count) {
  return `<!doctype html><title>floor</title><body style="margin:0;display:flex;flex-wrap:wrap">
<script type="module">
for (let camera = 0; camera < ${count}; camera += 1) {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  canvas.dataset.camera = camera;
  canvas.style = 'width:50%';
  document.body.append(canvas);
  const pen = canvas.getContext('2d', { alpha: false, desynchronized: true });
  const decoder = new VideoDecoder({
    output(frame) { pen.drawImage(frame, 0, 0); frame.close(); },
    error(error) { console.error(error); },
  });
  decoder.configure({ codec: 'avc1.42e01f', optimizeForLatency: true });
  const socket = new WebSocket('ws://' + location.host + '/' + camera);
  socket.binaryType = 'arraybuffer';
  let first = true;
  let sequence = 0;
  socket.onmessage = ({ data }) => {
    decoder.decode(new EncodedVideoChunk({ type: first ? 'key' : 'delta', timestamp: sequence++ * 33333, data }));
    first = false;
  };
}
</script>`;
}
