// A user's .mjs or .mts, run off the main thread: whatever it does, only its own call fails.

import { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import { doneBefore } from '../lib/waiting.ts';
import type { CallMessage, ModuleCalls } from './module-calls.ts';
import { remedyOf } from './module-remedy.ts';
import type { ModuleThreadOptions } from './module-thread.ts';

export interface ModuleWorkerOptions extends Omit<ModuleThreadOptions, 'memoryMib'> {
  /** 128 by default. */
  readonly memoryMib?: number;
}

export interface CallOptions {
  /** For the call, loading the module anew included where that is needed; Infinity: no limit. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type CallOutcome =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly reason: string };

const MEMORY_MIB = 128;
/** A thread inside a system call is gone only when that returns. */
const TERMINATE_MS = 500;

/** One thread, one call at a time. A thread that ended or did not answer in time is replaced. */
export class ModuleWorker {
  readonly #options: ModuleThreadOptions;
  readonly #closed = new AbortController();
  #thread: ModuleCalls | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** Fulfilled when every thread that was discarded is gone. */
  #gone: Promise<unknown> = Promise.resolve();

  constructor(options: ModuleWorkerOptions) {
    this.#options = { memoryMib: MEMORY_MIB, ...options };
  }

  /** Loads the module. Throws `module-not-loadable`, with file and line where they are known. */
  async load(options: CallOptions): Promise<void> {
    const answer = await this.#inTurn(options, (thread) => thread.loaded);
    if (answer.kind === 'loaded') return;
    throw new HurricaneError(
      'module-not-loadable',
      `${this.#options.path} cannot be loaded: ${reasonOf(answer)}`,
      { hint: remedyOf('stage' in answer ? answer.stage : undefined) },
    );
  }

  /** Calls the default export with copies of the arguments, which must be plain data. Never rejects. */
  async call(args: readonly unknown[], options: CallOptions): Promise<CallOutcome> {
    const answer = await this.#inTurn(options, async (thread) => {
      const loaded = await thread.loaded;
      return loaded.kind === 'loaded' ? thread.call(args) : loaded;
    });
    return answer.kind === 'returned' ? answer : { kind: 'failed', reason: reasonOf(answer) };
  }

  /** Ends the thread, whatever it does, and fails the calls in hand and to come. Never rejects. */
  async terminate(): Promise<void> {
    this.#closed.abort();
    await this.#turn;
    this.#discard();
    await doneBefore(this.#gone, AbortSignal.timeout(TERMINATE_MS));
  }

  #inTurn(
    options: CallOptions,
    ask: (thread: ModuleCalls) => Promise<CallMessage>,
  ): Promise<CallMessage> {
    const answer = this.#turn.then(() => this.#ask(options, ask));
    this.#turn = answer;
    return answer;
  }

  async #ask(
    { timeoutMs, signal }: CallOptions,
    ask: (thread: ModuleCalls) => Promise<CallMessage>,
  ): Promise<CallMessage> {
    const called = AbortSignal.any([signal, this.#closed.signal]);
    if (called.aborted) return { kind: 'failed', reason: 'stopped' };
    const thread = await this.#living();
    const answer = ask(thread);
    const deadline = Deadline.after(timeoutMs);
    if (await doneBefore(answer, AbortSignal.any([called, deadline.signal]))) {
      deadline.expire();
      return answer;
    }
    this.#discard();
    const reason = deadline.passed ? `no answer within ${timeoutMs / 1000}s` : 'stopped';
    return { kind: 'failed', reason };
  }

  async #living(): Promise<ModuleCalls> {
    // Most have no module: threads are loaded with the first.
    const { ModuleCalls } = await import('./module-calls.ts');
    if (this.#thread?.ended !== false) this.#thread = new ModuleCalls(this.#options);
    return this.#thread;
  }

  #discard(): void {
    const discarded = this.#thread?.terminate();
    this.#thread = undefined;
    this.#gone = Promise.all([this.#gone, discarded]).then(() => undefined);
  }
}

function reasonOf(answer: CallMessage): string {
  return 'reason' in answer ? answer.reason : `unexpected answer "${answer.kind}"`;
}
