// Every 4 ms: a worker's timer is not slowed by drawing, and hardly by a page in the background.
setInterval(() => postMessage(0), 4);
