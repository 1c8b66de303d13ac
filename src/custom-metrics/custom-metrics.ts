// Completes the metrics page with what others measure: pushed by the app, or asked of it, of programs and of
// modules. Whatever they do, the page comes in time and is one that Prometheus takes.

import type { MetricSourceSpec } from '../config/slices/observation.ts';
import type { Component } from '../core/component.ts';
import { Deadline } from '../core/deadline.ts';
import type { Emit } from '../core/events.ts';
import type { Log } from '../core/log.ts';
import { doneBefore } from '../lib/waiting.ts';
import { mergeFamilies, renderFamilies } from './merge.ts';
import type { TextFamily } from './exposition.ts';
import { sourceTarget, type SourceTargetOptions } from './source-target.ts';
import { Source } from './source.ts';

export interface CustomMetricsOptions extends Omit<SourceTargetOptions, 'onOutput'> {
  readonly sources: readonly MetricSourceSpec[];
  /** What the app has pushed. */
  readonly pushed: () => readonly TextFamily[];
  readonly emit: Emit;
  readonly log: Log;
}

/** What has not answered by then is shown by its answer to the question before. */
const PATIENCE_MS = 100;
const TIMEOUT_MS = 5000;
const LOAD_MS = 30_000;
const MIN_AGE_MS = 1000;
const MAX_AGE_MS = 120_000;

export class CustomMetrics implements Component {
  readonly name = 'custom metrics';
  readonly #options: CustomMetricsOptions;
  readonly #sources: readonly Source[];
  readonly #failing = new Set<string>();

  constructor(options: CustomMetricsOptions) {
    const { sources, log } = options;
    this.#options = options;
    this.#sources = sources.map(
      ({ name, target }) =>
        new Source({
          name,
          target: sourceTarget(target, {
            ...options,
            onOutput: (line) => log.debug({ source: name, line }, 'output of a source of metrics'),
          }),
          timeoutMs: TIMEOUT_MS,
          minAgeMs: MIN_AGE_MS,
          maxAgeMs: MAX_AGE_MS,
        }),
    );
  }

  /** Loads the modules, so that a broken one ends the start early. */
  async start(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.load(LOAD_MS, signal)));
  }

  /** The page, with what others measure behind our own. */
  async complete(own: Promise<string>): Promise<string> {
    const patience = Deadline.after(PATIENCE_MS);
    await Promise.all(this.#sources.map((source) => source.renew(patience.signal)));
    patience.expire();
    const { families, faults } = mergeFamilies([
      { source: undefined, families: this.#options.pushed() },
      ...this.#sources.map(({ name, families }) => ({ source: name, families })),
    ]);
    for (const source of this.#sources) this.#judge(source, faults.get(source.name));
    return (await own) + renderFamilies(families);
  }

  async stop(deadline: Deadline): Promise<void> {
    const stopped = Promise.all(this.#sources.map((source) => source.stop()));
    await doneBefore(stopped, deadline.signal);
  }

  #judge(source: Source, fault: string | undefined): void {
    const news = source.takeNews();
    if (news === undefined) return;
    const { name } = source;
    const reason = news.failure ?? fault;
    const repeated = this.#failing.has(name);
    if (reason !== undefined) {
      this.#failing.add(name);
      this.#options.emit('metrics-source.failed', { source: name, reason, repeated });
    } else if (this.#failing.delete(name)) {
      this.#options.emit('metrics-source.recovered', { source: name });
    }
  }
}
