// Files and folders whose changes are told, a burst of them as one. The only importer of chokidar.

import { stat } from 'node:fs/promises';

import type { FSWatcher } from 'chokidar';

import type { Log } from '../core/log.ts';
import { monotonicMs } from '../lib/clock.ts';

export interface WatcherOptions {
  /** Absolute paths of files, and of folders with all that is in them. */
  readonly paths: readonly string[];
  /** True for what is not even looked into. */
  readonly ignores: (path: string) => boolean;
  /** True for files whose changes count. */
  readonly counts: (path: string) => boolean;
  /** What has changed since it was called last: after a quiet moment, or when it has been too long. */
  readonly onChange: (paths: readonly string[]) => void;
  readonly log: Log;
}

/** Editors and checkouts touch many files one after the other. */
const QUIET_MS = 150;
/** What never comes to rest is told all the same. */
const PATIENCE_MS = 2000;

const changes: ReadonlySet<string> = new Set(['add', 'change', 'unlink']);

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #changed = new Set<string>();
  #watcher: FSWatcher | undefined;
  #firstAt = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #ready = Promise.withResolvers<'watching' | 'stopped'>();
  #stopped = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /**
   * Resolves when every change from now on is seen. A path that does not exist is an error line, and the
   * others are watched all the same.
   */
  async start(): Promise<void> {
    const { log, ignores } = this.#options;
    const paths: string[] = [];
    for (const path of this.#options.paths) {
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined) paths.push(path);
      else log.error({ path }, `Tried to watch ${path}, but it does not exist.`);
    }
    const { watch } = await import('chokidar');
    if (this.#stopped || paths.length === 0) return;
    const watcher = watch(paths, {
      ignoreInitial: true,
      ignorePermissionErrors: true,
      ignored: ignores,
    });
    this.#watcher = watcher;
    watcher.on('all', (kind, path) => this.#note(kind, path));
    watcher.on('error', (error) => this.#complain(error));
    watcher.on('ready', () => this.#ready.resolve('watching'));
    if ((await this.#ready.promise) === 'stopped') return;
    for (const path of paths) log.info({ path }, `Watching path ${path}.`);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#ready.resolve('stopped');
    await this.#watcher?.close();
  }

  #note(kind: string, path: string): void {
    if (this.#stopped || !changes.has(kind) || !this.#options.counts(path)) return;
    if (this.#changed.size === 0) this.#firstAt = monotonicMs();
    this.#changed.add(path);
    const leftMs = this.#firstAt + PATIENCE_MS - monotonicMs();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), Math.max(0, Math.min(QUIET_MS, leftMs)));
  }

  #tell(): void {
    const paths = [...this.#changed];
    this.#changed.clear();
    this.#options.onChange(paths);
  }

  #complain(error: unknown): void {
    const { code } = error as NodeJS.ErrnoException;
    const full = code === 'ENOSPC' || code === 'EMFILE';
    const remedy = full ? ': raise fs.inotify.max_user_watches, or watch less' : '';
    this.#options.log.error({ err: error }, `some changes will not be seen${remedy}`);
  }
}
