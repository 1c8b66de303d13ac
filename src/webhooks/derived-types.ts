// Types that a module of the user makes of what happens: it hears of every other webhook, and may answer with
// one of its own.

import { resolve } from 'node:path';

import type { WebhookTypeSpec } from '../config/slices/observation.ts';
import type { Deadline } from '../core/deadline.ts';
import type { Log } from '../core/log.ts';
import { doneBefore } from '../lib/waiting.ts';
import { ModuleWorker } from '../process/module-worker.ts';
import type { Edge } from './payload.ts';
import { readNotice, type Notice } from './webhook-types.ts';

export interface DerivedTypesOptions {
  readonly specs: readonly WebhookTypeSpec[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly send: (type: string, notice: Notice) => void;
  readonly log: Log;
}

interface Derived {
  readonly type: string;
  readonly worker: ModuleWorker;
  /** Answered in the order of what happened. */
  asked: Promise<unknown>;
  waiting: number;
  failing: boolean;
}

const LOAD_MS = 30_000;
/** A module that is so far behind misses what comes. */
const MAX_WAITING = 100;

export class DerivedTypes {
  readonly #options: DerivedTypesOptions;
  readonly #derived: readonly Derived[];
  readonly #over = new AbortController();
  #loaded = false;

  constructor(options: DerivedTypesOptions) {
    const { specs, env, cwd, log } = options;
    this.#options = options;
    this.#derived = specs.flatMap((spec) => {
      if (spec.kind !== 'module') return [];
      const { type, path } = spec;
      const onLine = ({ text: line }: { text: string }): void =>
        log.debug({ type, line }, 'output of a webhook type');
      const worker = new ModuleWorker({ path: resolve(cwd, path), env, onLine });
      return [{ type, worker, asked: Promise.resolve(), waiting: 0, failing: false }];
    });
  }

  /** Throws `module-not-loadable`. */
  async start(signal: AbortSignal): Promise<void> {
    const limits = { timeoutMs: LOAD_MS, signal };
    await Promise.all(this.#derived.map(({ worker }) => worker.load(limits)));
    this.#loaded = true;
  }

  /** Returns at once. */
  tell(edge: Edge): void {
    if (!this.#loaded) return;
    for (const derived of this.#derived) {
      if (derived.waiting >= MAX_WAITING) {
        this.#judge(derived, `${MAX_WAITING} webhooks wait for it already`);
        continue;
      }
      derived.waiting += 1;
      derived.asked = derived.asked.then(() => this.#ask(derived, edge));
    }
  }

  /** Answers to what has been told are waited for until the deadline. */
  async stop(deadline: Deadline): Promise<void> {
    await doneBefore(Promise.all(this.#derived.map(({ asked }) => asked)), deadline.signal);
    this.#over.abort();
    await Promise.all(this.#derived.map(({ worker }) => worker.terminate()));
  }

  async #ask(derived: Derived, edge: Edge): Promise<void> {
    const { timeoutMs, send } = this.#options;
    const { type, worker } = derived;
    const outcome = await worker.call([edge], { timeoutMs, signal: this.#over.signal });
    derived.waiting -= 1;
    if (this.#over.signal.aborted) return;
    if (outcome.kind === 'failed') this.#judge(derived, outcome.reason);
    else if (outcome.value === undefined || outcome.value === null) this.#judge(derived, undefined);
    else {
      const notice = readNotice(outcome.value);
      const problem =
        'problem' in notice ? `it returned something else: ${notice.problem}` : undefined;
      this.#judge(derived, problem);
      if (!('problem' in notice)) send(type, notice);
    }
  }

  /** One line per series of failures. */
  #judge(derived: Derived, reason: string | undefined): void {
    const { log } = this.#options;
    const { type, failing } = derived;
    derived.failing = reason !== undefined;
    if (reason !== undefined && !failing) {
      log.warn({ type, reason }, 'a webhook type failed: nothing of it is sent meanwhile');
    }
  }
}
