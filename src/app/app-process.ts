// One process of the app: its place to listen, its environment, and the way from spawned to up.

import type {
  AppConfig,
  AppPlaceConfig,
  DebuggingConfig,
  StopSignal,
} from '../config/slices/app.ts';
import type { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { Log } from '../core/log.ts';
import { Debugger } from '../debug/debugger.ts';
import { findFreePort } from '../http/free-port.ts';
import { displayAddress, reachTcp, type Address } from '../http/reach.ts';
import { removeStaleSocket } from '../http/stale-socket.ts';
import { monotonicMs } from '../lib/clock.ts';
import { abortError, pause } from '../lib/waiting.ts';
import { Child } from '../process/child.ts';
import type { ChildEnd } from '../process/child-state.ts';
import { fillPlaceholders, findExecutable, type Placeholders } from '../process/command.ts';
import { portsOf } from '../process/listening-ports.ts';
import type { OutputLine } from '../process/output.ts';
import { stopSignalFor } from '../process/signals.ts';
import { waitUntilUp } from '../startup/app-up.ts';

export interface AppProcessOptions {
  readonly config: AppConfig;
  readonly debugging: DebuggingConfig | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Gets each line the app prints; undefined: it writes to our stdout and stderr itself. */
  readonly onLine: ((line: OutputLine) => void) | undefined;
  /** Resolves when the `startup` checks pass; throws when they do not in time. */
  readonly startupChecks: (place: PlaceVariables, limits: StartLimits) => Promise<void>;
  readonly emit: Emit;
  readonly log: Log;
}

export interface StartLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** What tells a program where the app listens. */
export type PlaceVariables = Readonly<Record<string, string>>;

/** Loopback answers at once. */
const LOOK_MS = 1000;

/** Where the app is told to listen. */
interface Place {
  readonly addresses: readonly Address[];
  readonly placeholders: Placeholders;
  readonly variables: PlaceVariables;
}

/** Started once, stopped once. */
export class AppProcess {
  readonly #options: AppProcessOptions;
  readonly #ended = Promise.withResolvers<ExitStatus>();
  #child: Child | undefined;
  #place: Place | undefined;
  #address: Address | undefined;

  constructor(options: AppProcessOptions) {
    this.#options = options;
  }

  get ended(): Promise<ExitStatus> {
    return this.#ended.promise;
  }

  /** Where it accepts, once it does. */
  get address(): Address | undefined {
    return this.#address;
  }

  /** None before it has a place, or when it needs none. */
  get variables(): PlaceVariables {
    return this.#place?.variables ?? {};
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The end of what it wrote to stderr, as far as we saw it. */
  get lastErrors(): string {
    return this.#child?.lastErrors ?? '';
  }

  /** Resolves when it is up: it accepts, or lives long enough, and its startup checks pass. */
  async start(signal: AbortSignal): Promise<void> {
    const { config, env, cwd, startupChecks } = this.#options;
    const { up, startTimeoutMs } = config;
    assertExecutable(config, env, cwd);
    const startedAt = monotonicMs();
    if (up.kind === 'listens') {
      this.#place = await findPlace(up);
      // A port that we chose was free a moment ago.
      if (isGiven(up)) await assertNobodyListens(this.#place, signal);
      signal.throwIfAborted();
      const child = await this.#spawn(this.#place, signal);
      await this.#waitUntilItListens(child, this.#place, up.readyPath, signal);
    } else {
      await this.#spawn(undefined, signal);
      if (!(await pause(up.afterMs, signal))) throw abortError(signal, 'starting the app');
    }
    const timeoutMs = startTimeoutMs - (monotonicMs() - startedAt);
    await startupChecks(this.variables, { signal, timeoutMs });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.signal(signal);
  }

  /** Stop signal now, SIGKILL at the deadline; undefined when it never ran. */
  async stop(deadline: Deadline): Promise<ChildEnd | undefined> {
    return this.#child?.stop(deadline);
  }

  async #spawn(place: Place | undefined, signal: AbortSignal): Promise<Child> {
    const { config, debugging, env, cwd, onLine, emit, log } = this.#options;
    const { command } = config;
    const words = place === undefined ? command : fillPlaceholders(command, place.placeholders);
    const debug = new Debugger({ debugging, emit, log });
    const gone = new AbortController();
    const spec = await debug.prepare(
      { words, env: { ...env, ...place?.variables }, cwd },
      AbortSignal.any([signal, gone.signal]),
    );
    signal.throwIfAborted();
    const child = new Child({
      spec,
      stopSignal: stopSignalOf(config),
      onLine,
      emit,
      log,
    });
    this.#child = child;
    child.start();
    void child.ended.then((status) => {
      gone.abort();
      this.#ended.resolve(status);
    });
    return child;
  }

  async #waitUntilItListens(
    child: Child,
    { addresses }: Place,
    readyPath: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { config, emit, log } = this.#options;
    const startedAt = monotonicMs();
    this.#address = await waitUntilUp({
      addresses,
      readyPath,
      timeoutMs: config.startTimeoutMs,
      signal,
      otherPorts: () => (child.pid === undefined ? [] : portsOf(child.pid)),
      log,
    });
    emit('app.listening', {
      address: displayAddress(this.#address),
      duration_ms: Math.round(monotonicMs() - startedAt),
    });
  }
}

/** How the app is asked to stop in order. */
export function stopSignalOf({ stopSignal, command }: AppConfig): StopSignal {
  return stopSignalFor(command, stopSignal);
}

/** Throws when the program is not there or may not be executed. */
export function assertExecutable(
  { command: [word = ''] }: AppConfig,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): void {
  if (word === '') {
    throw new HurricaneError('app-not-found', 'the app is an empty word', {
      hint: 'a variable behind `--` may be unset: name a program in PATH, or its path',
    });
  }
  const lookup = findExecutable(word, { path: env['PATH'], cwd });
  if (lookup.kind === 'missing') {
    throw new HurricaneError('app-not-found', `the app ${word} was not found`, {
      hint: /\s/.test(word)
        ? `it was given as one word: leave out the quotes, and write -- ${word}`
        : 'name a program in PATH, or its path, behind `--`',
    });
  }
  if (lookup.kind === 'not-executable') {
    throw new HurricaneError('app-not-executable', `the app ${lookup.path} is not executable`, {
      hint: `run chmod +x on it, or start it by its interpreter`,
    });
  }
  if (lookup.kind === 'no-file') {
    throw new HurricaneError('app-not-executable', `the app ${lookup.path} is no file`, {
      hint: 'name a program, or its path, behind `--`',
    });
  }
}

async function findPlace(config: AppPlaceConfig): Promise<Place> {
  const { socketPath, portVariable } = config;
  const host = '127.0.0.1';
  if (socketPath !== undefined) {
    await removeStaleSocket(socketPath);
    return {
      addresses: [{ socketPath }],
      placeholders: { host, port: undefined, socket: socketPath },
      variables: { HURRICANE_APP_SOCKET: socketPath },
    };
  }
  const port = config.port ?? (await findFreePort());
  return {
    addresses: [host, '::1'].map((address) => ({ host: address, port })),
    placeholders: { host, port, socket: undefined },
    variables: { [portVariable]: `${port}`, HURRICANE_APP_PORT: `${port}` },
  };
}

function isGiven({ port, socketPath }: AppPlaceConfig): boolean {
  return port !== undefined || socketPath !== undefined;
}

/** Who listens there already would be taken for the app. */
async function assertNobodyListens(
  { addresses, placeholders }: Place,
  signal: AbortSignal,
): Promise<void> {
  const limits = { timeoutMs: LOOK_MS, signal };
  const reached = await Promise.all(addresses.map((address) => reachTcp(address, limits)));
  const taken = addresses.find((_, index) => reached[index]?.ok);
  if (taken === undefined) return;
  const flag = placeholders.port === undefined ? '--app-socket' : '--app-port';
  const message = `something listens on ${displayAddress(taken)} already, before the app was started (${flag})`;
  throw new HurricaneError('port-taken', message, {
    hint: `stop it, or let the app listen elsewhere and name that with ${flag}`,
  });
}
