// A page in a Chromium that nothing is pretended to.
//
// The usual driver of these tests makes every page believe that it is on show and has the focus, whatever stands before it.
// This one only speaks the browser's own protocol, so a tab behind another one is really hidden.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { CHROMIUM, FLAGS } from './operator.js';
import { until } from './waiting.js';

const KEYS = { Shift: ['ShiftLeft', 16], Enter: ['Enter', 13] };
const SHIFT = 8;

/** A Chromium of its own, with the face that an `Operator` needs of one. */
export class PlainBrowser {
  complaints = [];
  #answers = new Map();
  #next = 0;

  static async start() {
    const browser = new PlainBrowser();
    browser.folder = await mkdtemp(path.join(tmpdir(), 'farhand-chromium-'));
    const options = ['--headless=new', ...FLAGS, '--remote-debugging-port=0', `--user-data-dir=${browser.folder}`, 'about:blank'];
    browser.process = spawn(CHROMIUM, options, { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const line of createInterface({ input: browser.process.stderr })) {
      const [, address] = /listening on (ws:\S+)/.exec(line) ?? [];
      if (address) {
        await browser.#connect(address);
        return browser;
      }
    }
    throw new Error(`${CHROMIUM} ended before it could be spoken to`);
  }

  async #connect(address) {
    // What it says later is not wanted, and must not fill the pipe.
    this.process.stderr.resume();
    this.socket = new WebSocket(address);
    await once(this.socket, 'open');
    this.socket.on('message', (text) => {
      const { id, result, error } = JSON.parse(text);
      this.#answers.get(id)?.(error ? Promise.reject(new Error(error.message)) : result);
      this.#answers.delete(id);
    });
  }

  get pid() {
    return this.process.pid;
  }

  /** A command of the browser's protocol, to one tab if `sessionId` is given. */
  send(method, params = {}, sessionId = undefined) {
    this.#next += 1;
    const id = this.#next;
    this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  /** Opens a tab in front of all others, as a person does. */
  async newPage() {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    await this.send('Target.activateTarget', { targetId });
    return new Tab(this, targetId, sessionId);
  }

  async stop() {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
    // Its children may still be writing for a moment.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** One tab, with the face that an `Operator` needs of a page. */
class Tab {
  #browser;
  #session;
  #shift = false;

  constructor(browser, target, session) {
    this.#browser = browser;
    this.#session = session;
    this.target = target;
    this.keyboard = {
      down: (key) => this.#key('keyDown', key),
      up: (key) => this.#key('keyUp', key),
      press: async (key) => {
        await this.#key('keyDown', key);
        await this.#key('keyUp', key);
      },
    };
  }

  /** For those who speak the browser's protocol with a page themselves. */
  context() {
    const send = (method, params) => this.#browser.send(method, params, this.#session);
    return { newCDPSession: async () => ({ send, detach: async () => {} }) };
  }

  /** Puts it in front of all others. */
  async bringToFront() {
    await this.#browser.send('Target.activateTarget', { targetId: this.target });
  }

  async goto(url) {
    await this.#browser.send('Page.navigate', { url }, this.#session);
    await until(`${url} is loaded`, () => this.evaluate(() => document.readyState === 'complete' && location.href !== 'about:blank'));
  }

  async waitForSelector(selector) {
    await until(`there is ${selector}`, () => this.evaluate((wanted) => document.querySelector(wanted) !== null, selector));
  }

  async evaluate(what, argument) {
    const expression = `(${what})(${JSON.stringify(argument) ?? ''})`;
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#browser.send('Runtime.evaluate', params, this.#session);
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }

  async #key(type, key) {
    if (key === 'Shift') {
      this.#shift = type === 'keyDown';
    }
    const letter = key.toUpperCase();
    const [code, number] = KEYS[key] ?? [`Key${letter}`, letter.charCodeAt(0)];
    const params = { type, key, code, windowsVirtualKeyCode: number, modifiers: this.#shift ? SHIFT : 0 };
    await this.#browser.send('Input.dispatchKeyEvent', params, this.#session);
  }
}
