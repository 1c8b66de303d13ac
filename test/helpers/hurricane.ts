// hurricane as a user runs it: a built artefact, its arguments, signals, HTTP, log and exit.

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

import { artefactCommand, type Artefact } from './artefacts.ts';
import { useFifo } from './fifo.ts';
import { request, type Answer, type RequestOptions } from './request.ts';
import { usePort } from './port.ts';

const SEES_WITHIN_MS = 30_000;
const STOPS_WITHIN_MS = 10_000;

/** One line of our log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly event?: string;
  readonly component?: string;
  readonly [field: string]: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A name of an event, a pattern for the message, or any condition on a line. */
export type Sought = string | RegExp | ((line: LogLine) => boolean);

export interface StartOptions {
  readonly artefact: Artefact;
  /** What it is started as; `serve` when not said. */
  readonly command?: 'serve' | 'worker' | 'consume';
  /** Words in front of those of the artefact: a program that becomes it. */
  readonly launcher?: readonly string[];
  /** Added to a small environment; the test's own does not leak in. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** False: `--port` and `--probe-port` are left to the arguments, the environment and the defaults. */
  readonly choosePorts?: boolean;
  /** True: its stdout is a pipe as in a container, not the socket that Node makes. */
  readonly fifo?: boolean;
}

interface ResultOptions extends Omit<StartOptions, 'choosePorts' | 'command'> {
  readonly input?: string;
}

export interface Result extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `hurricane …args` to its end, whatever the command. */
export async function runHurricane(
  t: TestContext,
  args: readonly string[],
  { artefact, launcher = [], env = {}, cwd, input = '' }: ResultOptions,
): Promise<Result> {
  const [program = '', ...first] = [...launcher, ...artefactCommand(t, artefact)];
  const child = spawn(program, [...first, ...args], {
    cwd,
    env: { ...baseEnvironment(), ...env },
    signal: AbortSignal.timeout(60_000),
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => undefined).end(input);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { code, signal, stdout, stderr };
}

/** Starts `hurricane COMMAND …args`; stopped after the test when it still runs. Does not wait until it is up. */
export async function startHurricane(
  t: TestContext,
  args: readonly string[],
  options: StartOptions,
): Promise<Hurricane> {
  const { artefact, command = 'serve', launcher = [], env = {}, cwd, fifo = false } = options;
  const [program = '', ...first] = [...launcher, ...artefactCommand(t, artefact)];
  const withPorts = (options.choosePorts ?? true) ? await addPorts(command, args) : args;
  const pipe = fifo ? useFifo(t) : undefined;
  const child = spawn(program, [...first, command, ...withPorts], {
    cwd,
    env: { ...baseEnvironment(), ...env },
    stdio: ['ignore', pipe?.writeEnd ?? 'pipe', 'pipe'],
    detached: true,
  }) as Child;
  pipe?.closeWriteEnd();
  const hurricane = new Hurricane(child, pipe?.readEnd ?? child.stdout, portsOf(withPorts));
  t.after(() => hurricane.end());
  return hurricane;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** A running hurricane. */
export class Hurricane {
  readonly port: number;
  readonly probePort: number;
  /** Resolves when the process has ended and its output was read to the end. */
  readonly exit: Promise<Exit>;
  /** What it wrote to stdout and is not a line of our log: the app's output. */
  readonly output: string[] = [];
  readonly logs: LogLine[] = [];
  /** Resolves when the process has ended, whether or not anybody reads its output. */
  readonly left: Promise<void>;
  readonly #child: Child;
  readonly #lines: Interface;
  #reading = true;
  readonly #waiting = new Set<() => void>();
  #stderr = '';
  #ended: Exit | undefined;

  constructor(child: Child, stdout: Readable, ports: { port: number; probePort: number }) {
    this.#child = child;
    this.port = ports.port;
    this.probePort = ports.probePort;
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.#stderr += chunk));
    this.#lines = createInterface({ input: stdout }).on('line', (line) => this.#read(line));
    this.left = once(child, 'exit').then(() => undefined);
    const read = once(this.#lines, 'close');
    this.exit = once(child, 'close').then(async (values) => {
      await read;
      const [code, signal] = values as [number | null, NodeJS.Signals | null];
      this.#ended = { code, signal };
      this.#wake();
      return this.#ended;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The app through the proxy, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get probeUrl(): string {
    return `http://127.0.0.1:${this.probePort}`;
  }

  get(path: string, options?: RequestOptions): Promise<Answer> {
    return request(`${this.url}${path}`, options);
  }

  /** Asks a probe at its default path, or any other path of the probe port: `metrics`. */
  probe(path: string, options?: RequestOptions): Promise<Answer> {
    return request(`${this.probeUrl}/${path}`, options);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its output stays where it is until `readOn`. */
  stopReading(): void {
    this.#reading = false;
    this.#lines.pause();
  }

  readOn(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#lines.resume();
  }

  /** Resolves when the app is up. */
  up(within?: number): Promise<LogLine> {
    return this.sees('startup.succeeded', within);
  }

  /**
   * Resolves with the first line, past or to come, that is meant. Rejects with the whole log when there
   * is none within the time, or the process ends without it.
   */
  async sees(sought: Sought, within?: number): Promise<LogLine> {
    return this.seesNth(1, sought, within);
  }

  /** As `sees`, with the n-th such line. */
  async seesNth(n: number, sought: Sought, within = SEES_WITHIN_MS): Promise<LogLine> {
    const deadline = AbortSignal.timeout(within);
    for (;;) {
      const line = this.logs.filter((candidate) => isMeant(candidate, sought))[n - 1];
      if (line !== undefined) return line;
      if (this.#ended !== undefined || deadline.aborted) throw this.#missing(sought);
      await this.#news(deadline);
    }
  }

  /** Ends it at once if it still runs: a second signal skips every wait. */
  async end(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.readOn();
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    this.signal('SIGINT');
    const patience = setTimeout(() => this.signal('SIGKILL'), STOPS_WITHIN_MS);
    await this.exit;
    clearTimeout(patience);
  }

  #read(line: string): void {
    const parsed = parseLogLine(line);
    if (parsed === undefined) this.output.push(line);
    else this.logs.push(parsed);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #news(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      deadline.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #missing(sought: Sought): Error {
    const state = this.#ended === undefined ? 'still runs' : JSON.stringify(this.#ended);
    const lines = [...this.logs.map((line) => JSON.stringify(line)), ...this.output];
    return new Error(
      `no line ${String(sought)}; hurricane ${state}\n${lines.join('\n')}\n${this.#stderr}`,
    );
  }
}

/** What a container has; the mark by which the leak check finds what a test left behind. */
function baseEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'TEST_MARK'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function addPorts(command: string, args: readonly string[]): Promise<readonly string[]> {
  const port = await usePort();
  const own = ownArguments(args);
  if (command !== 'serve') return ['--probe-port', `${port}`, ...args];
  return [
    ...(own.includes('--port') ? [] : ['--port', `${port}`]),
    ...(own.includes('--probe-port') || own.includes('--port')
      ? []
      : ['--probe-port', `${port + 1}`]),
    ...args,
  ];
}

function portsOf(args: readonly string[]): { port: number; probePort: number } {
  const own = ownArguments(args);
  const valueOf = (flag: string, otherwise: number): number =>
    own.includes(flag) ? Number(own[own.lastIndexOf(flag) + 1]) : otherwise;
  const port = valueOf('--port', 8000);
  return { port, probePort: valueOf('--probe-port', port + 1) };
}

function ownArguments(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end === -1 ? args : args.slice(0, end);
}

function isMeant(line: LogLine, sought: Sought): boolean {
  if (typeof sought === 'string') return line.event === sought;
  return sought instanceof RegExp ? sought.test(line.msg) : sought(line);
}

function parseLogLine(line: string): LogLine | undefined {
  if (!line.startsWith('{"level":"')) return undefined;
  try {
    const parsed = JSON.parse(line) as LogLine;
    return typeof parsed.msg === 'string' ? parsed : undefined;
  } catch {
    return undefined; // something else that only looks like ours
  }
}
