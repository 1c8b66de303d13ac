// A change of the sources asks for the new code to be run: once for a burst, and again for what changed
// meanwhile.

import type { AutoreloadConfig } from '../config/slices/life.ts';
import type { Component } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import type { Log } from '../core/log.ts';
import { Scope } from '../core/scope.ts';
import { NextRun } from '../lib/next-run.ts';
import { sourcesOf } from './sources.ts';
import { Watcher } from './watcher.ts';

export interface ReloaderOptions {
  readonly config: AutoreloadConfig;
  readonly cwd: string;
  /** Runs the new code, or tells why it does not. Resolves when that is known; never rejects. */
  readonly reload: () => Promise<void>;
  readonly log: Log;
}

/** Never two reloads at once. What changes before `open` counts when it is called. */
export class Reloader implements Component {
  readonly name = 'reloader';
  readonly #options: ReloaderOptions;
  readonly #scope = new Scope();
  readonly #watcher: Watcher;
  readonly #reload: NextRun;
  #early: readonly string[] = [];
  #isOpen = false;

  constructor(options: ReloaderOptions) {
    const { config, cwd, log } = options;
    this.#options = options;
    this.#reload = new NextRun(options.reload);
    const { bases, ignores, counts } = sourcesOf(config.globs, cwd, config.except);
    const onChange = (paths: readonly string[]): void => this.#note(paths);
    this.#watcher = new Watcher({ paths: bases, ignores, counts, onChange, log });
  }

  /** Resolves when a bug of ours ended it. */
  get failed(): Promise<Error> {
    return this.#scope.failed;
  }

  /** Does not wait until all files have been found. */
  start(): Promise<void> {
    this.#scope.run('watch files', () => this.#watcher.start());
    return Promise.resolve();
  }

  open(): void {
    this.#isOpen = true;
    if (this.#early.length > 0) this.#begin(this.#early);
  }

  async stop(deadline: Deadline): Promise<void> {
    this.#isOpen = false;
    await this.#watcher.stop();
    await this.#scope.close(deadline);
  }

  #note(paths: readonly string[]): void {
    if (this.#isOpen) this.#begin(paths);
    else this.#early = [...this.#early, ...paths];
  }

  #begin(paths: readonly string[]): void {
    this.#options.log.info({ path: paths[0], count: paths.length }, 'files have changed');
    this.#scope.run('reload', () => this.#reload.request());
  }
}
