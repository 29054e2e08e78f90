// Opens the driving page of each vehicle in a browser without a window and ends when all its pictures are fresh:
//     node first-pictures.js VEHICLE=LOGIN_URL ...
// The demo calls it before it says that it is ready.

import { Operator } from './operator.js';

for (const argument of process.argv.slice(2)) {
  const [vehicle, ...url] = argument.split('=');
  const watcher = await Operator.open(url.join('='), vehicle);
  try {
    await watcher.seesPictures();
  } finally {
    await watcher.leaves();
  }
}
