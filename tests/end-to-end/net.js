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
  }

  /** Nothing passes any more, in either direction. */
  async cut() {
    await this.#post('/blackout', { on: true });
  }

  /** Everything passes again. */
  async restore() {
    await this.#post('/blackout', { on: false });
  }

  /** When the last datagram of each route and direction was delivered. */
  async status() {
    return (await fetch(`${this.url}/status`)).json();
  }

  /** When the last datagram of a control connection reached the trucks' side, in microseconds of CLOCK_MONOTONIC. */
  async lastDeliveredToVehicles() {
    const { routes } = await this.status();
    return routes.find(({ name }) => name === 'control').to_client.last_delivered_us;
  }
}
