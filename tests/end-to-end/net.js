// The link emulator between the trucks and the gateway.

export class Net {
  constructor(url) {
    this.url = url;
  }

  async #post(route, body = {}) {
    const response = await fetch(`${this.url}${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) {
      throw new Error(`${route}: ${response.status} ${await response.text()}`);
    }
    return response.json();
  }

  async #route(name) {
    return (await this.status()).routes.find((route) => route.name === name);
  }

  /** Nothing passes any more, in either direction. */
  async cut() {
    await this.#post('/blackout', { on: true });
  }

  /** Nothing reaches the trucks any more; what they say still arrives. */
  async cutToVehicles() {
    await this.#post('/blackout', { on: true, direction: 'to_client' });
  }

  /** Everything passes again. Returns since when, in microseconds of CLOCK_MONOTONIC. */
  async restore() {
    return (await this.#post('/blackout', { on: false })).now_us;
  }

  /** What the network is like from now on; `control` or `media` alone, or both. */
  async use(name, route) {
    await this.#post('/preset', { name, route });
  }

  /** Datagrams that were dropped on a route, in both directions. */
  async dropped(route) {
    const { to_server, to_client } = await this.#route(route);
    return to_server.dropped + to_client.dropped;
  }

  /** Datagrams that were delivered on a route, in both directions. */
  async delivered(route) {
    const { to_server, to_client } = await this.#route(route);
    return to_server.delivered + to_client.delivered;
  }

  /** When the last datagram of each route and direction was delivered. */
  async status() {
    return (await fetch(`${this.url}/status`)).json();
  }

  /** When the last datagram of a control connection reached the trucks' side, in microseconds of CLOCK_MONOTONIC. */
  async lastDeliveredToVehicles() {
    return (await this.#route('control')).to_client.last_delivered_us;
  }
}
