// Makes static files anew when their sources change: `--static-command` for `--static-watch`.

import { resolve } from 'node:path';

import type { CollectConfig } from '../config/slices/files.ts';
import type { Component } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import { describeExit, isSuccess } from '../core/exit-status.ts';
import type { Log } from '../core/log.ts';
import { maskCredentials } from '../core/mask-credentials.ts';
import { Scope } from '../core/scope.ts';
import { NextRun } from '../lib/next-run.ts';
import { runOnce } from '../process/run-once.ts';
import { isIn } from './sources.ts';
import { Watcher } from './watcher.ts';

export interface CollectorOptions {
  readonly config: CollectConfig;
  /** Folders that the command may write to: what changes there is its result and not its reason. */
  readonly results: readonly string[];
  readonly env: () => Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly log: Log;
}

/** Never two runs at once; what changes during one is the reason for the next. */
export class Collector implements Component {
  readonly name = 'collector';
  readonly #options: CollectorOptions;
  readonly #scope = new Scope();
  readonly #watcher: Watcher;
  readonly #run = new NextRun(() => this.#collect(this.#scope.signal));

  constructor(options: CollectorOptions) {
    const { config, cwd, log } = options;
    this.#options = options;
    const paths = config.paths.map((path) => resolve(cwd, path));
    const results = options.results
      .map((folder) => resolve(cwd, folder))
      .filter((folder) => paths.every((path) => !isIn(path, folder)));
    this.#watcher = new Watcher({
      paths,
      ignores: (path) => results.some((folder) => isIn(path, folder)),
      counts: () => true,
      onChange: () => this.#scope.run('collect static files', () => this.#run.request()),
      log,
    });
  }

  /** Resolves when a bug of ours ended it. */
  get failed(): Promise<Error> {
    return this.#scope.failed;
  }

  start(): Promise<void> {
    this.#scope.run('watch sources of static files', () => this.#watcher.start());
    return Promise.resolve();
  }

  async stop(deadline: Deadline): Promise<void> {
    await this.#watcher.stop();
    await this.#scope.close(deadline);
  }

  /** A failure is an error line: the next change may mend it. */
  async #collect(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { config, env, cwd, log } = this.#options;
    const { words } = config.command;
    const command = maskCredentials(config.command.text);
    log.info({ command }, 'static command started');
    const { status, cut, durationMs } = await runOnce(
      { words, env: env(), cwd },
      {
        timeoutMs: Infinity,
        signal,
        onLine: ({ stream, text }) =>
          log.info({ command, stream, line: text }, 'static command output'),
      },
    );
    const duration_ms = Math.round(durationMs);
    if (cut !== undefined || isSuccess(status)) {
      log.info({ command, duration_ms }, 'static command ended');
    } else {
      const how = describeExit(status);
      log.error({ command, duration_ms }, `static command "${command}" ${how}: see its output`);
    }
  }
}
