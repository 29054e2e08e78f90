// A game pad with the standard layout, put in front of the page where the browser would show a real one.

const SHOULDER = 4;
const BACKWARD = 6;
const FORWARD = 7;

export class Pad {
  constructor(page) {
    this.page = page;
  }

  /** Plugs it in, everything at rest. */
  async plug() {
    await this.page.evaluate(() => {
      const button = () => ({ pressed: false, touched: false, value: 0 });
      window.testPad = {
        id: 'test pad', index: 0, connected: true, mapping: 'standard', timestamp: 0,
        axes: [0, 0, 0, 0], buttons: Array.from({ length: 17 }, button),
      };
      Object.defineProperty(navigator, 'getGamepads', { configurable: true, value: () => [window.testPad] });
    });
  }

  async #set(buttons, axis) {
    await this.page.evaluate(
      ([buttons, axis]) => {
        for (const [at, value] of buttons) {
          window.testPad.buttons[at] = { pressed: value > 0.5, touched: value > 0, value };
        }
        if (axis !== null) {
          window.testPad.axes[0] = axis;
        }
      },
      [buttons, axis],
    );
    // The page polls a known pad at every tick, and looks for a new one twice a second.
    await this.page.waitForTimeout(700);
  }

  /** Moves every control once: one that never moved is unknown. */
  async touchAll() {
    await this.#set([[BACKWARD, 0], [FORWARD, 0]], 0);
    await this.#set([[BACKWARD, 0.4], [FORWARD, 0.4]], 0.5);
    await this.#set([[BACKWARD, 0], [FORWARD, 0]], 0);
  }

  async enable(held) {
    await this.#set([[SHOULDER, held ? 1 : 0]], null);
  }

  async forward(share) {
    await this.#set([[FORWARD, share]], null);
  }

  /** Pulls it out, as the browser tells it. */
  async unplug() {
    await this.page.evaluate(() => {
      window.testPad = null;
      window.dispatchEvent(new Event('gamepaddisconnected'));
    });
  }
}
