// A person in a browser.

import { chromium } from 'playwright-core';
import { TickOverrun } from './late-ticks.js';
import { TooLate, pause, until } from './waiting.js';

export const CHROMIUM = process.env.FARHAND_CHROMIUM ?? '/usr/bin/chromium';
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--mute-audio',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
  '--disable-background-networking',
  // A site's own name on another loopback address than the usual one.
  '--host-resolver-rules=MAP farhand.test 127.0.0.2',
];

/** A Chromium of its own, whose pages believe that they are on show and have the focus. */
export class Browser {
  /** What its pages complained of. */
  complaints = [];

  static async start() {
    const browser = new Browser();
    browser.server = await chromium.launchServer({
      executablePath: CHROMIUM,
      headless: false,
      args: ['--headless=new', ...FLAGS],
    });
    browser.chromium = await chromium.connect(browser.server.wsEndpoint());
    browser.context = await browser.chromium.newContext({ viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true });
    return browser;
  }

  async newPage() {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    return page;
  }

  /** The number of Chromium's main process. */
  get pid() {
    return this.server.process().pid;
  }

  /** The numbers of the processes that run pages. */
  async renderers() {
    const session = await this.chromium.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  }

  async stop() {
    await this.server.close().catch(() => this.server.kill());
  }
}

/** A person at the driving page of one vehicle. */
export class Operator {
  /** With how many fresh pictures she takes control; with all of them if she does not say. */
  enough = null;

  /**
   * Opens the driving page as a person of a test system, in a browser of her own. `before`, a function or {content}, runs ahead
   * of the page's scripts; `kind` is the browser to use.
   */
  static async arrive(system, person, { vehicle = system.doors.vehicles[0], origin = system.doors.web, ...how } = {}) {
    const url = new URL(await system.loginUrl(person));
    const operator = await Operator.open(`${origin}${url.pathname}${url.search}`, vehicle, how);
    operator.truth = system.truth;
    operator.gatewayView = () => system.vehicle(vehicle);
    return operator;
  }

  /** Logs in with an address that does so once, and opens the driving page. */
  static async open(loginUrl, vehicle, { query = '', before, kind = Browser } = {}) {
    const operator = new Operator();
    operator.vehicle = vehicle;
    operator.browser = await kind.start();
    try {
      operator.page = await operator.browser.newPage();
      if (before) {
        await operator.page.addInitScript(before);
      }
      await operator.page.goto(loginUrl);
      await operator.page.goto(`${new URL(loginUrl).origin}/drive/${vehicle}${query}`);
      await operator.page.waitForSelector('[data-authority]', { state: 'attached' });
    } catch (error) {
      await operator.leaves();
      throw error;
    }
    return operator;
  }

  /** What the page complained of. */
  get complaints() {
    return this.browser.complaints;
  }

  /** What the page's root element says. */
  async says() {
    const says = await this.page.evaluate(() => {
      const { dataset } = document.querySelector('[data-authority]');
      const number = (text) => (text === undefined || text === '' ? null : Number(text));
      return {
        authority: dataset.authority,
        state: dataset.safetyState,
        cause: dataset.cause ?? '',
        speed: number(dataset.speedMmS),
        cap: number(dataset.speedCapMmS),
        blind: number(dataset.blindDistanceMm),
      };
    });
    if (says.cause === 'tick_overrun') {
      throw new TickOverrun(this.vehicle);
    }
    return says;
  }

  /** How things stand, for the reader of a failed test: what the page says, and what the vehicle says. */
  async describes() {
    const view = await this.gatewayView?.().catch(() => null);
    const { state, causes, needs, lease_live, loop_age_ms, command_age_ms, rejected } = view?.state ?? {};
    const vehicle = { connected: view?.connected, holder: view?.holder, state, causes, needs, lease_live, loop_age_ms, command_age_ms, rejected };
    const telling = await this.page.evaluate(() => document.querySelector('.telling')?.innerText ?? '');
    return JSON.stringify({ page: await this.says(), telling, vehicle, pictures: await this.pictures() });
  }

  /** Waits until the page says what is asked for. */
  async sees(what, fits, limit = 15_000) {
    return until(
      what,
      async () => {
        const says = await this.says();
        return fits(says) ? says : null;
      },
      { limit, describe: () => this.describes() },
    );
  }

  /** Camera names and the ages of what is on show. */
  async pictures() {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('[data-camera]')].map((element) => ({
        camera: element.dataset.camera,
        age: element.dataset.pictureAgeMs ? Number(element.dataset.pictureAgeMs) : null,
      })),
    );
  }

  /** Waits until every camera on the page shows a picture younger than the limit. */
  async seesPictures(count = null, youngerThan = 300) {
    return until(
      `${count ?? 'all'} pictures younger than ${youngerThan} ms`,
      async () => {
        const pictures = await this.pictures();
        const fresh = pictures.filter(({ age }) => age !== null && age < youngerThan);
        return pictures.length > 0 && fresh.length >= (count ?? pictures.length) ? pictures : null;
      },
      { limit: 20_000, describe: async () => JSON.stringify(await this.pictures()) },
    );
  }

  /** Sees pictures, and re-arms the stop that whoever drove before left behind. */
  async readies() {
    await this.seesPictures();
    const { state } = await this.sees('a state', (says) => says.state !== '');
    if (state === 'Halt' || state === 'SafeStop') {
      await this.rearms();
    }
  }

  /** Takes control: asks for it and confirms until the truck stands ready for the enable switch. */
  async takesControl() {
    await this.seesPictures(this.enough);
    await until(
      'control of a truck that waits for the enable switch',
      async () => {
        const says = await this.says();
        if (says.authority === 'me' && (says.state === 'Handover' || says.state === 'Teleop')) {
          return says;
        }
        if (says.authority !== 'other') {
          await this.page.keyboard.press('Enter');
        }
        return null;
      },
      { limit: 20_000, every: 250, describe: () => this.describes() },
    );
  }

  /**
   * Holds the enable switch until the truck is driven by a person. A press that came before the truck was ready counts for
   * nothing: it is let go and repeated, and a take-over that ended meanwhile is asked for again, as a person would.
   */
  async enables(hold = async (held) => this.page.keyboard[held ? 'down' : 'up']('Shift')) {
    const start = performance.now();
    for (;;) {
      await hold(false);
      await this.takesControl();
      await pause(200);
      await hold(true);
      const driven = await this.sees('Teleop', ({ state }) => state === 'Teleop', 3000).catch((error) => {
        if (!(error instanceof TooLate) || performance.now() - start > 25_000) {
          throw error;
        }
        return null;
      });
      if (driven) {
        return;
      }
    }
  }

  /** Takes control and drives forward until the truck really moves. */
  async drivesForward(speed = 0.4) {
    await this.enables();
    await this.page.keyboard.down('w');
    await until(
      `the truck moves at ${speed} m/s`,
      async () => {
        await this.says();
        return (await this.truth.machine(this.vehicle)).speed_mps >= speed || null;
      },
      { describe: async () => JSON.stringify([await this.says(), await this.truth.machine(this.vehicle)]) },
    );
  }

  /** Lets go of everything. */
  async letsGo() {
    for (const key of ['w', 'a', 's', 'd', 'Shift']) {
      await this.page.keyboard.up(key);
    }
  }

  /** Re-arms a latched stop as the page offers it, until the truck is parked or offers the take-over again. */
  async rearms() {
    await this.letsGo();
    await until(
      'the latch is cleared',
      async () => {
        const says = await this.says();
        if (says.state === 'Parked' || says.state === 'Handover') {
          return says;
        }
        await this.page.keyboard.press('r');
        return null;
      },
      { limit: 20_000, every: 250, describe: () => this.describes() },
    );
  }

  async leaves() {
    await this.browser.stop();
  }
}
