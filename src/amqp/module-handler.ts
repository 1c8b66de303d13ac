// Messages handled by a user's module: in a thread, so that whatever it does, only its own messages fail.

import type { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import { abortError, doneBefore, onAbort, pause } from '../lib/waiting.ts';
import { remedyOf } from '../process/module-remedy.ts';
import type { HandlerSurroundings, MessageHandler, Work } from './handler.ts';
import { UNSUSPECTED } from './module-check.ts';
import { MessageThread, type Loaded, type MessageThreadOptions } from './message-thread.ts';
import { timedOut } from './retry-ladder.ts';

export interface ModuleHandlerOptions
  extends
    Omit<MessageThreadOptions, 'onCrash' | 'onIdle' | 'inspector'>,
    Pick<HandlerSurroundings, 'onRestart'> {
  /** Where it is to be debugged in this `life`. */
  readonly prepareInspector: (life: AbortSignal) => Promise<MessageThreadOptions['inspector']>;
}

/** For a handler to end what it does when its signal aborts. */
const LAST_WORDS_MS = 1000;
/** For the module that has been replaced to end what it has open. */
const TEAR_DOWN_MS = 5000;
/** A thread inside a system call is gone only when that returns. */
const TERMINATE_MS = 500;

export class ModuleHandler implements MessageHandler {
  readonly #options: ModuleHandlerOptions;
  readonly #failed = Promise.withResolvers<Error>();
  readonly #stopped = new AbortController();
  /** Threads that are given no new work and end with what they have in hand, and those that have yet to load. */
  readonly #retired = new Set<MessageThread>();
  #thread: MessageThread | undefined;
  #routingKeys: readonly string[] | undefined;
  #hasCheck = false;
  #isLoaded = false;
  #inspector: MessageThreadOptions['inspector'];

  constructor(options: ModuleHandlerOptions) {
    this.#options = options;
  }

  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  get routingKeys(): readonly string[] | undefined {
    return this.#routingKeys;
  }

  get check(): MessageHandler['check'] {
    if (!this.#hasCheck) return undefined;
    return (options) => this.#thread?.check(options) ?? Promise.resolve(UNSUSPECTED);
  }

  async start(signal: AbortSignal): Promise<void> {
    const life = AbortSignal.any([signal, this.#stopped.signal]);
    this.#inspector = await this.#options.prepareInspector(life);
    const thread = this.#renew();
    const stopped = Promise.withResolvers<never>();
    const stopWaiting = onAbort(signal, () => {
      void thread.terminate();
      stopped.reject(abortError(signal, 'loading the handler'));
    });
    const loaded = await Promise.race([thread.loaded, stopped.promise]).finally(stopWaiting);
    if (loaded.kind === 'unloadable') {
      await thread.terminate();
      throw this.#unloadable(loaded);
    }
    this.#routingKeys = loaded.facts.routingKeys;
    this.#hasCheck = loaded.facts.hasCheck;
    this.#isLoaded = true;
  }

  async reload(): Promise<string | undefined> {
    const next = this.#make();
    this.#retired.add(next);
    const loaded = await next.loaded;
    this.#retired.delete(next);
    if (loaded.kind === 'unloadable' || this.#stopped.signal.aborted) {
      await next.terminate();
      return loaded.kind === 'unloadable' ? loaded.reason : undefined;
    }
    const former = this.#thread;
    this.#thread = next;
    if (former !== undefined) this.#retire(former);
    return undefined;
  }

  begin(work: Work): void {
    const thread = this.#thread ?? this.#restart();
    thread.begin(work);
  }

  cancel(work: Work, why: 'timeout' | 'stop'): void {
    const thread = [this.#thread, ...this.#retired].find((each) => each?.has(work));
    if (thread === undefined) return;
    thread.cancel(work, why);
    if (why === 'timeout') void this.#cut(thread, work);
  }

  async stop(deadline: Deadline): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#stopped.abort();
    if (thread !== undefined) await doneBefore(this.#tearDown(thread), deadline.signal);
    const left = [...(thread === undefined ? [] : [thread]), ...this.#retired];
    const all = left.map((each) => each.terminate());
    await doneBefore(Promise.all(all), AbortSignal.timeout(TERMINATE_MS));
  }

  async #tearDown(thread: MessageThread): Promise<void> {
    const problem = await thread.tearDown();
    if (problem === undefined) return;
    this.#options.onLine({
      stream: 'stderr',
      text: `teardown() failed: ${problem}`,
      continued: false,
    });
  }

  /** Its module ends in order, behind the last that it has in hand. */
  #retire(thread: MessageThread): void {
    this.#retired.add(thread);
    if (thread.isIdle) void this.#dismiss(thread);
  }

  async #dismiss(thread: MessageThread): Promise<void> {
    await doneBefore(this.#tearDown(thread), AbortSignal.timeout(TEAR_DOWN_MS));
    this.#retired.delete(thread);
    await thread.terminate();
  }

  #renew(): MessageThread {
    this.#thread = this.#make();
    return this.#thread;
  }

  #make(): MessageThread {
    const thread: MessageThread = new MessageThread({
      ...this.#options,
      inspector: this.#inspector,
      onCrash: (reason, trace) => this.#lose(thread, reason, trace),
      onIdle: () => {
        if (this.#retired.has(thread)) void this.#dismiss(thread);
      },
    });
    return thread;
  }

  /** A module that loaded once and does not load again will not load for the next message either. */
  #restart(): MessageThread {
    const thread = this.#renew();
    void thread.loaded.then((loaded) => {
      if (loaded.kind === 'unloadable') this.#failed.resolve(this.#unloadable(loaded));
    });
    return thread;
  }

  #lose(thread: MessageThread, reason: string, stack: string | undefined): void {
    this.#retired.delete(thread);
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    if (this.#isLoaded) this.#options.onRestart('crash', reason, stack);
  }

  /** New messages get a new thread at once; the others of this one may still end. */
  async #cut(thread: MessageThread, work: Work): Promise<void> {
    await pause(LAST_WORDS_MS, this.#stopped.signal);
    if (!thread.has(work) || this.#stopped.signal.aborted) return;
    const verdict = timedOut(work);
    if (this.#thread === thread) {
      this.#thread = undefined;
      this.#retired.add(thread);
      this.#options.onRestart('timeout', verdict.reason);
    }
    work.finish(verdict);
    thread.giveUp(work);
  }

  #unloadable({ reason, trace, stage }: Extract<Loaded, { kind: 'unloadable' }>): HurricaneError {
    return new HurricaneError(
      'module-not-loadable',
      `${this.#options.path} cannot be loaded: ${reason}`,
      {
        hint: remedyOf(stage),
        ...(trace === undefined ? {} : { output: trace }),
      },
    );
  }
}
