// One source of metrics: asked when the page is, and shown by its last answer while the next one takes long.

import { monotonicMs } from '../lib/clock.ts';
import { doneBefore } from '../lib/waiting.ts';
import { readExposition, type TextFamily } from './exposition.ts';
import type { SourceTarget } from './source-target.ts';

export interface SourceOptions {
  /** As logs and metrics call it. */
  readonly name: string;
  readonly target: SourceTarget;
  readonly timeoutMs: number;
  /** A younger answer is shown again without another question: not every scraper pays for its own. */
  readonly minAgeMs: number;
  /** An answer that is older is not shown. */
  readonly maxAgeMs: number;
}

type Outcome =
  | { readonly kind: 'families'; readonly families: readonly TextFamily[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly reason: string };

export class Source {
  readonly name: string;
  readonly #options: SourceOptions;
  readonly #stopped = new AbortController();
  #run: Promise<void> | undefined;
  #families: readonly TextFamily[] = [];
  #answeredAt = -Infinity;
  #news: Exclude<Outcome, { kind: 'absent' }>['kind'] | undefined;
  #reason = '';

  constructor(options: SourceOptions) {
    this.#options = options;
    this.name = options.name;
  }

  /** Throws `module-not-loadable`. */
  load(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.#options.target.load({ timeoutMs, signal });
  }

  /** Asks, unless that is under way; resolves when it has answered, or earlier when the patience ends. */
  async renew(patience: AbortSignal): Promise<void> {
    if (this.#stopped.signal.aborted || this.#age < this.#options.minAgeMs) return;
    this.#run ??= this.#ask().finally(() => (this.#run = undefined));
    await doneBefore(this.#run, patience);
  }

  /** What it said last, if that is good and not too old. */
  get families(): readonly TextFamily[] {
    return this.#age > this.#options.maxAgeMs ? [] : this.#families;
  }

  get #age(): number {
    return monotonicMs() - this.#answeredAt;
  }

  /** How the last answer turned out; told once. Undefined when there is no other than last time. */
  takeNews(): { readonly failure: string | undefined } | undefined {
    const news = this.#news;
    this.#news = undefined;
    if (news === undefined) return undefined;
    return { failure: news === 'failed' ? this.#reason : undefined };
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#run;
    await this.#options.target.close();
  }

  async #ask(): Promise<void> {
    const outcome = await this.#outcome();
    this.#families = outcome.kind === 'families' ? outcome.families : [];
    this.#answeredAt = monotonicMs();
    this.#news = outcome.kind === 'absent' ? undefined : outcome.kind;
    this.#reason = outcome.kind === 'failed' ? outcome.reason : '';
  }

  async #outcome(): Promise<Outcome> {
    const { target, timeoutMs } = this.#options;
    const answer = await target.ask({ timeoutMs, signal: this.#stopped.signal });
    if (answer.kind !== 'text') return answer;
    const read = await readExposition(answer.text);
    return 'problem' in read
      ? { kind: 'failed', reason: read.problem }
      : { kind: 'families', families: read.families };
  }
}
