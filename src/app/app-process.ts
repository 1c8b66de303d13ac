// One process of the served app: its place to listen, its environment, and the way from spawned to up.

import type { AppConfig } from '../config/config.ts';
import type { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { Log } from '../core/log.ts';
import { findFreePort } from '../http/free-port.ts';
import { displayAddress, type Address } from '../http/reach.ts';
import { removeStaleSocket } from '../http/stale-socket.ts';
import { Child } from '../process/child.ts';
import type { ChildEnd } from '../process/child-state.ts';
import { fillPlaceholders, findExecutable } from '../process/command.ts';
import { portsOf } from '../process/listening-ports.ts';
import type { OutputLine } from '../process/output.ts';
import { stopSignalFor } from '../process/signals.ts';
import { waitUntilUp } from '../startup/app-up.ts';

export interface AppProcessOptions {
  readonly config: AppConfig;
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

/** Where the app is told to listen. */
interface Place {
  readonly addresses: readonly Address[];
  readonly port: number | undefined;
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

  /** None before it has a place. */
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

  /** Resolves when it is up: it accepts, and its startup checks pass. */
  async start(signal: AbortSignal): Promise<void> {
    const { config, env, cwd } = this.#options;
    assertExecutable(config, env, cwd);
    const startedAt = performance.now();
    const place = await findPlace(config);
    signal.throwIfAborted();
    this.#place = place;
    const child = this.#spawn(place);
    await this.#waitUntilUp(child, place, startedAt, signal);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.signal(signal);
  }

  /** Stop signal now, SIGKILL at the deadline; undefined when it never ran. */
  async stop(deadline: Deadline): Promise<ChildEnd | undefined> {
    return this.#child?.stop(deadline);
  }

  #spawn(place: Place): Child {
    const { config, env, cwd, onLine, emit, log } = this.#options;
    const words = fillPlaceholders(config.command, {
      host: '127.0.0.1',
      port: place.port,
      socket: config.socketPath,
    });
    const child = new Child({
      spec: { words, env: { ...env, ...place.variables }, cwd },
      stopSignal: stopSignalOf(config),
      onLine,
      emit,
      log,
    });
    this.#child = child;
    child.start();
    void child.ended.then(this.#ended.resolve);
    return child;
  }

  async #waitUntilUp(
    child: Child,
    place: Place,
    startedAt: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { config, startupChecks, emit, log } = this.#options;
    const address = await waitUntilUp({
      addresses: place.addresses,
      readyPath: config.readyPath,
      timeoutMs: config.startTimeoutMs,
      signal,
      otherPorts: () => (child.pid === undefined ? [] : portsOf(child.pid)),
      log,
    });
    this.#address = address;
    emit('app.listening', {
      address: displayAddress(address),
      duration_ms: Math.round(performance.now() - startedAt),
    });
    const timeoutMs = config.startTimeoutMs - (performance.now() - startedAt);
    await startupChecks(place.variables, { signal, timeoutMs });
  }
}

/** The signal on which the app stops in order. */
export function stopSignalOf({ stopSignal, command }: AppConfig): NodeJS.Signals {
  return stopSignal ?? stopSignalFor(command);
}

/** Throws when the program is not there or may not be executed. */
export function assertExecutable(
  { command: [word = ''] }: AppConfig,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): void {
  const lookup = findExecutable(word, { path: env['PATH'], cwd });
  if (lookup.kind === 'missing') {
    throw new HurricaneError('app-not-found', `the app ${word} was not found`, {
      hint: 'name a program in PATH, or its path, behind `--`',
    });
  }
  if (lookup.kind === 'not-executable') {
    throw new HurricaneError('app-not-executable', `the app ${lookup.path} is not executable`, {
      hint: `run chmod +x on it, or start it by its interpreter`,
    });
  }
}

async function findPlace(config: AppConfig): Promise<Place> {
  const { socketPath, portVariable } = config;
  if (socketPath !== undefined) {
    await removeStaleSocket(socketPath);
    return {
      addresses: [{ socketPath }],
      port: undefined,
      variables: { HURRICANE_APP_SOCKET: socketPath },
    };
  }
  const port = config.port ?? (await findFreePort());
  return {
    addresses: ['127.0.0.1', '::1'].map((host) => ({ host, port })),
    port,
    variables: { [portVariable]: `${port}`, HURRICANE_APP_PORT: `${port}` },
  };
}
