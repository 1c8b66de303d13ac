// A private RabbitMQ node: its own epmd, ports and folders; nothing of the machine's own is read or used.
// One serves a whole run, each file in a vhost of its own; what hurts its node has one to itself.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

import { isInstalled } from './apps.ts';
import { eventually } from './eventually.ts';
import { usePort } from './port.ts';
import { request } from './request.ts';

/** Not the one on PATH, which becomes another user and another folder. */
export const RABBITMQ = '/usr/lib/rabbitmq/bin/rabbitmq-server';

const BOOTS_WITHIN = { within: 120_000 };
const LOCAL_EPMD = ['-address', '127.0.0.1', '-relaxed_command_check'];

export interface RabbitmqOptions {
  /** Without them the node knows AMQP 0-9-1 only, and boots no faster. */
  readonly plugins?: readonly (
    'rabbitmq_management' | 'rabbitmq_amqp1_0' | 'rabbitmq_auth_mechanism_ssl'
  )[];
  /** Further lines of rabbitmq.conf. */
  readonly config?: readonly string[];
  /** Erlang terms for advanced.config: `[{rabbit, [{channel_tick_interval, 1000}]}].` */
  readonly advanced?: string;
}

/** A node for the tests of the file that calls this alone, if it is installed; gone after them. */
export function ownRabbitmq(options: RabbitmqOptions = {}): Rabbitmq {
  const rabbitmq = new Rabbitmq(options);
  before(() => rabbitmq.begin());
  after(() => rabbitmq.end());
  return rabbitmq;
}

/** A vhost for the tests of the file that calls this, on the node of the run, or on its own outside of one. */
export function shareRabbitmq(): Rabbitmq {
  const lent = process.env[LENT];
  if (lent === undefined) return ownRabbitmq({ plugins: SHARED_PLUGINS });
  const vhost = `of-${process.pid}`;
  const rabbitmq = new Rabbitmq({ plugins: SHARED_PLUGINS }, vhost, JSON.parse(lent) as Ports);
  before(() => rabbitmq.api('PUT', `vhosts/${vhost}`));
  after(() => rabbitmq.api('DELETE', `vhosts/${vhost}`));
  return rabbitmq;
}

/** Starts the node that all files of a run share; the function ends it. */
export async function lendRabbitmq(): Promise<() => Promise<void>> {
  const rabbitmq = new Rabbitmq({ plugins: SHARED_PLUGINS });
  await rabbitmq.begin();
  process.env[LENT] = JSON.stringify(rabbitmq.ports);
  return () => rabbitmq.end();
}

/** Tells the files of a run where its node is. */
const LENT = 'TEST_RABBITMQ';
const SHARED_PLUGINS = ['rabbitmq_management', 'rabbitmq_amqp1_0'] as const;

interface Ports {
  readonly amqp: number;
  readonly distribution: number;
  readonly management: number;
  readonly epmd: number;
}

export class Rabbitmq {
  /** Where its tests are at home. */
  readonly vhost: string;
  readonly #options: RabbitmqOptions;
  #folder = '';
  #ports: Ports;
  #epmd: ChildProcess | undefined;
  #node: ChildProcess | undefined;

  constructor(
    options: RabbitmqOptions,
    vhost = '/',
    ports: Ports = { amqp: 0, distribution: 0, management: 0, epmd: 0 },
  ) {
    this.#options = options;
    this.vhost = vhost;
    this.#ports = ports;
  }

  get ports(): Ports {
    return this.#ports;
  }

  get port(): number {
    return this.#ports.amqp;
  }

  /** As it stands in the paths of the management plugin. */
  get vhostPath(): string {
    return encodeURIComponent(this.vhost);
  }

  /** Where AMQP is spoken: `127.0.0.1:12345`. */
  readonly address = (): string => `127.0.0.1:${this.port}`;

  async begin(): Promise<void> {
    if (!(await isInstalled(RABBITMQ))) return;
    this.#folder = mkdtempSync(join(tmpdir(), 'hurricane-rabbitmq-'));
    this.#ports = {
      amqp: await usePort(),
      distribution: await usePort(),
      management: await usePort(),
      epmd: await usePort(),
    };
    const { epmd } = this.#ports;
    this.#epmd = start('epmd', ['-port', `${epmd}`, ...LOCAL_EPMD], {});
    await eventually(() => canConnect(epmd));
    await this.boot();
  }

  /** Again with the same data; resolves when it is of use. */
  async boot(): Promise<void> {
    this.#node = start(RABBITMQ, [], this.#environment());
    await eventually(() => canConnect(this.#ports.amqp), BOOTS_WITHIN);
    if (this.#has('rabbitmq_management')) {
      await eventually(() => this.api('GET', 'overview'), BOOTS_WITHIN);
    }
  }

  /** SIGTERM takes it 6 s, SIGKILL none; SIGSTOP and SIGCONT freeze and thaw it. */
  signal(signal: NodeJS.Signals): void {
    this.#node?.kill(signal);
  }

  /** Resolves when the node has gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#node === undefined || this.#node.exitCode !== null) return;
    const gone = once(this.#node, 'exit');
    this.signal('SIGCONT');
    this.signal(signal);
    await gone;
    this.#node = undefined;
  }

  /** Asks the management plugin: `api('PUT', 'vhosts/a')`. Rejects unless it says 2xx. */
  async api(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await request(`http://127.0.0.1:${this.#ports.management}/api/${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { status, text } = answer;
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Runs rabbitmqctl to its end, about 0.4 s. */
  async control(...words: readonly string[]): Promise<void> {
    const node = ['--node', this.#nodeName];
    const child = start(
      '/usr/lib/rabbitmq/bin/rabbitmqctl',
      [...node, ...words],
      this.#environment(),
    );
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`rabbitmqctl ${words.join(' ')}: ${String(code)}`);
  }

  async end(): Promise<void> {
    await this.stop('SIGKILL');
    if (this.#epmd !== undefined) {
      const gone = once(this.#epmd, 'exit');
      this.#epmd.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #nodeName(): string {
    return `hurricane${this.#ports.amqp}@localhost`;
  }

  #has(plugin: string): boolean {
    return (this.#options.plugins ?? []).some((name) => name === plugin);
  }

  #environment(): NodeJS.ProcessEnv {
    const own = (name: string): string => join(this.#folder, name);
    const { amqp, distribution, management, epmd } = this.#ports;
    const { plugins = [], config = [], advanced } = this.#options;
    writeFileSync(own('enabled_plugins'), `[${plugins.join(',')}].`);
    const managing = ['management.tcp.ip = 127.0.0.1', `management.tcp.port = ${management}`];
    const lines = [
      `listeners.tcp.1 = 127.0.0.1:${amqp}`,
      'loopback_users = none',
      'disk_free_limit.absolute = 50MB',
      ...(this.#has('rabbitmq_management') ? managing : []),
      ...config,
    ];
    writeFileSync(own('rabbitmq.conf'), `${lines.join('\n')}\n`);
    if (advanced !== undefined) writeFileSync(own('advanced.config'), advanced);
    return {
      HOME: this.#folder,
      ERL_EPMD_PORT: `${epmd}`,
      ERL_EPMD_ADDRESS: '127.0.0.1',
      // It is not there: the machine's own would be read instead.
      RABBITMQ_CONF_ENV_FILE: own('none.conf'),
      RABBITMQ_NODENAME: this.#nodeName,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: `${amqp}`,
      RABBITMQ_DIST_PORT: `${distribution}`,
      RABBITMQ_CONFIG_FILE: own('rabbitmq.conf'),
      RABBITMQ_ADVANCED_CONFIG_FILE: own('advanced.config'),
      RABBITMQ_MNESIA_BASE: own('mnesia'),
      RABBITMQ_LOG_BASE: own('log'),
      RABBITMQ_PID_FILE: own('pid'),
      RABBITMQ_PLUGINS_EXPAND_DIR: own('expand'),
      RABBITMQ_GENERATED_CONFIG_DIR: own('generated'),
      RABBITMQ_ENABLED_PLUGINS_FILE: own('enabled_plugins'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
      // The script becomes the node, whose pid is then ours to signal.
      detached: '1',
    };
  }
}

/** It does not outlive us, whatever becomes of us, and the leak check is told nothing of it. */
function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'ignore',
  });
}

async function canConnect(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}
