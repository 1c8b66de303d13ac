// The cast of `hurricane prepare`: startup commands without an app, and the reaper of the orphans they leave.

import type { PrepareConfig } from '../config/config.ts';
import { Events, type Emit } from '../core/events.ts';
import { Reaper } from '../process/reaper.ts';
import { runStartupCommands } from '../startup/startup-commands.ts';
import { displayTarget, waitForDependencies } from '../startup/wait-for.ts';
import { Chronicle } from './chronicle.ts';
import { narrator } from './narrator.ts';
import type { App } from './run.ts';
import type { PlayCast, Stage } from './run-to-end.ts';

export interface PrepareCastOptions extends Stage {
  readonly config: PrepareConfig;
}

/** Ends by itself, in the phase `prepare`: nothing of the story after it is reached. */
export class PrepareCast implements PlayCast {
  readonly role = 'prepare';
  readonly app = noApp;
  readonly intake = undefined;
  readonly givenBack = 0;
  readonly sickness = undefined;
  readonly hasWebhooks = false;
  readonly lastWords = { restarts: 0, stderr: '' };
  readonly failed = never;
  readonly emit: Emit;
  readonly #options: PrepareCastOptions;
  readonly #chronicle: Chronicle;
  readonly #reaper: Reaper;

  constructor(options: PrepareCastOptions) {
    const { config, edge, log } = options;
    const events = new Events();
    this.#options = options;
    this.emit = events.emit;
    this.#chronicle = new Chronicle(config.startup.waitFor.map(displayTarget));
    this.#reaper = new Reaper({
      pid: edge.pid,
      onChildEnded: (listener) => edge.onChildEnded(listener),
      log: log.component('reaper'),
    });
    events.subscribe(narrator(log));
    events.subscribe((event) => this.#chronicle.observe(event));
  }

  get startWaitsFor(): string {
    return this.#chronicle.startWaitsFor(true);
  }

  async listen(): Promise<void> {
    const { version } = this.#options.edge;
    this.emit('hurricane.started', { version, command: 'prepare' });
    await this.#reaper.start();
  }

  async prepare(signal: AbortSignal, over: AbortSignal): Promise<void> {
    const { config, edge, log, shutdown } = this.#options;
    const { startup } = config;
    const common = { signal, emit: this.emit, log: log.component('startup') };
    await waitForDependencies(startup.waitFor, { ...common, timeoutMs: startup.waitTimeoutMs });
    await runStartupCommands(startup.commands, {
      ...common,
      timeoutMs: startup.commandTimeoutMs,
      over,
      env: this.#env,
      cwd: edge.cwd,
    });
    shutdown.request({ kind: 'finished', text: 'all startup commands have succeeded' });
    signal.throwIfAborted();
  }

  announceUp(): void {
    // There is nothing to come up.
  }

  announceStop(): void {
    // Nobody is told.
  }

  onSignal(): void {
    // Nobody is supervised who could want it.
  }

  farewell(): Promise<void> {
    return this.#reaper.stop();
  }

  /** Ours without our secrets. */
  get #env(): Readonly<Record<string, string | undefined>> {
    const { config, edge } = this.#options;
    const removed = config.secretVariables.map((name) => [name, undefined] as const);
    return { ...edge.env, ...Object.fromEntries(removed) };
  }
}

const never = new Promise<never>(() => undefined);

const noApp: App = {
  stopSignal: 'SIGTERM',
  ended: never,
  start: () => never,
  close: () => undefined,
  stop: () => Promise.resolve(undefined),
};
