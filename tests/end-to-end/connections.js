// The page's own WebRTC connections in the hands of a test.

/** Runs in the page ahead of its scripts: keeps its connections. */
export function keepConnections() {
  window.connections = [];
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, parameters) {
      const connection = new target(...parameters);
      window.connections.push(connection);
      return connection;
    },
  });
}

/** The gateway's end of the page's newest connection: its IP address and UDP port. */
export function gatewayEnd(page) {
  return page.evaluate(async () => {
    const reports = await window.connections.at(-1).getStats();
    const pair = [...reports.values()].find(({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded');
    const { address, port } = reports.get(pair.remoteCandidateId);
    return { address, port };
  });
}
