// A whole running system on free ports in a temporary folder, through `cargo xtask stack`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Net } from './net.js';
import { Truth } from './truth.js';
import { pause, until } from './waiting.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const XTASK = process.env.FARHAND_XTASK ?? path.join(ROOT, 'target/debug/xtask');
const LOG_LINES = 25;

/** The folder of the built programs. */
export function programs() {
  return path.dirname(XTASK);
}

/** One running system. */
export class System {
  #process;
  #orders = Promise.resolve();
  #events = [];
  #session = new Map();

  /** Starts it and waits until all vehicles are connected. */
  static async start({ vehicles = 1, cameras = 2, net, scanners = false, names = [], address } = {}) {
    const system = new System();
    system.folder = await mkdtemp(path.join(tmpdir(), 'farhand-'));
    const options = ['stack', '--dir', system.folder, '--vehicles', String(vehicles), '--cameras', String(cameras)];
    options.push(...(net ? ['--net', net] : []), ...names.flatMap((name) => ['--name', name]));
    options.push(...(address ? ['--address', address] : []), ...(scanners ? ['--scanners'] : []));
    system.#process = spawn(XTASK, options, { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: system.#process.stdout }).on('line', (line) => system.#events.push(JSON.parse(line)));
    try {
      system.doors = (await system.#event((event) => event.event === 'ready', 120_000)).doors;
    } catch (error) {
      console.error(await system.lastWords());
      await system.stop();
      throw error;
    }
    system.truth = new Truth(system.doors.truth);
    system.net = system.doors.net ? new Net(system.doors.net) : null;
    return system;
  }

  async #event(fits, limit = 20_000) {
    return until(
      'an answer of the stack',
      () => {
        if (this.#process.exitCode !== null) {
          throw new Error(`the stack ended with ${this.#process.exitCode}`);
        }
        const at = this.#events.findIndex(fits);
        return at < 0 ? null : this.#events.splice(at, 1)[0];
      },
      { limit },
    );
  }

  /** One order at a time, so that each answer belongs to its order. */
  #order(line, answer) {
    const turn = this.#orders.then(async () => {
      this.#process.stdin.write(`${line}\n`);
      const event = await this.#event((event) => event.event === answer || event.event === 'refused');
      if (event.event === 'refused') {
        throw new Error(`the stack refused "${line}": ${event.why}`);
      }
      return event;
    });
    this.#orders = turn.catch(() => {});
    return turn;
  }

  /** True while a process has not ended. */
  runs(name) {
    try {
      return process.kill(this.doors.pids[name], 0);
    } catch {
      return false;
    }
  }

  /** Kills a process the hard way, as a crash would, and waits for its end. */
  async kill(name) {
    process.kill(this.doors.pids[name], 'SIGKILL');
    await this.#end(name);
  }

  /** Waits for the end of a process that ends by itself. */
  async ends(name) {
    await this.#end(name);
  }

  async #end(name) {
    await this.#event((event) => event.event === 'ended' && event.name === name);
  }

  /** Starts a process that has ended. */
  async restart(name) {
    this.doors.pids[name] = (await this.#order(`start ${name}`, 'started')).pid;
  }

  /** When the host took a processor away since the start, as an independent real-time thread on each of them saw it. */
  async stalls() {
    return (await this.#order('stalls', 'stalls')).stalls;
  }

  /** The stall that was nearest to a moment of the wall's clock in milliseconds, and how far away; none if there was none. */
  async nearestStall(at) {
    const ago = Date.now() - at;
    const stalls = (await this.stalls()).map((stall) => ({ ...stall, away_ms: Math.abs(stall.ago_ms - ago) }));
    return stalls.sort((one, other) => one.away_ms - other.away_ms)[0];
  }

  /** The longest stall since a moment of the wall's clock in milliseconds; none if there was none. */
  async longestStall(since) {
    const ago = Date.now() - since;
    const stalls = (await this.stalls()).filter(({ ago_ms }) => ago_ms <= ago);
    return stalls.sort((one, other) => other.late_ms - one.late_ms)[0];
  }

  /** Waits until no processor was taken away for a while, but not for ever. */
  async quiet(lately_ms, most_ms) {
    const end = Date.now() + most_ms;
    while (Date.now() < end && (await this.stalls()).some(({ ago_ms }) => ago_ms < lately_ms)) {
      await pause(500);
    }
  }

  /** A fresh address that logs a person in once. */
  async loginUrl(person) {
    return (await this.#order(`login ${person}`, 'login')).url;
  }

  /** Asks the API as a person; the session is kept. */
  async api(person, method, route, body) {
    if (!this.#session.has(person)) {
      this.#session.set(person, await this.#logIn(person));
    }
    return fetch(`${this.doors.web}${route}`, {
      method,
      headers: {
        cookie: this.#session.get(person),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: 'manual',
    });
  }

  async #logIn(name) {
    const { password } = this.doors.people.find((person) => person.name === name);
    const response = await fetch(`${this.doors.web}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, password }),
    });
    if (response.status !== 204) {
      throw new Error(`${name} cannot log in: ${response.status} ${await response.text()}`);
    }
    return response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
  }

  /** Forgets sessions, as after a restart of the gateway. */
  forgetSessions() {
    this.#session.clear();
  }

  /** The journal's newest rows, newest first. */
  async journal(limit = 200) {
    return (await this.api('admin', 'GET', `/api/v1/journal?limit=${limit}`)).json();
  }

  /** The sum of a figure of the gateway over all its labels, or over those that hold `label`. */
  async figure(name, label = '') {
    const text = await (await this.api('admin', 'GET', '/metrics')).text();
    const lines = text.split('\n').filter((line) => /^[{ ]/.test(line.slice(name.length)) && line.startsWith(name) && line.includes(label));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** What a process has said so far, without its colours. */
  async said(name) {
    const text = await readFile(path.join(this.folder, 'logs', `${name}.log`), 'utf8');
    return text.replaceAll(/\u001b\[[0-9;]*m/g, '');
  }

  /** What the gateway says of a vehicle. */
  async vehicle(name = this.doors.vehicles[0]) {
    return (await this.api('admin', 'GET', `/api/v1/vehicles/${name}`)).json();
  }

  /** The ends of all logs, for the reader of a failed test. */
  async lastWords() {
    const folder = path.join(this.folder, 'logs');
    const names = await readdir(folder).catch(() => []);
    const parts = await Promise.all(
      names.map(async (name) => {
        const lines = (await readFile(path.join(folder, name), 'utf8')).trimEnd().split('\n');
        return `---- ${name}\n${lines.slice(-LOG_LINES).join('\n')}`;
      }),
    );
    return parts.join('\n');
  }

  /** Ends everything and removes the folder. */
  async stop() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.stdin.end();
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
