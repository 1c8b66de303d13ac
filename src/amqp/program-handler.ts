// Messages handled by programs in any language, which stay: as many as asked for, each started again with
// backoff when it ends.

import { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import { Scope } from '../core/scope.ts';
import { backoffMs } from '../lib/backoff.ts';
import { doneBefore, onAbort, pause } from '../lib/waiting.ts';
import type { SpawnSpec } from '../process/spawn.ts';
import type { MessageHandler, Work } from './handler.ts';
import { ProgramProcess, type ProgramEnd, type ProgramProcessOptions } from './program-process.ts';
import { timedOut } from './retry-ladder.ts';

export interface ProgramHandlerOptions extends ProgramProcessOptions {
  readonly processes: number;
  /** How to start it now; `life` ends with it. */
  readonly prepare: (spec: SpawnSpec, life: AbortSignal) => Promise<SpawnSpec>;
}

/** For a program to say that it is ready. */
const READY_MS = 60_000;
/** For it to end what it does when it is told that the time is over. */
const LAST_WORDS_MS = 1000;
/** For one that is replaced to end on SIGTERM. */
const GRACE_MS = 5000;
const BACKOFF = { firstMs: 100, maxMs: 30_000, jitter: 0.2 };

export class ProgramHandler implements MessageHandler {
  readonly routingKeys = undefined;
  readonly #options: ProgramHandlerOptions;
  readonly #scope = new Scope();
  readonly #first = Promise.withResolvers<undefined>();
  readonly #unusable = Promise.withResolvers<Error>();
  /** Every one that lives; those that are ready take work. */
  readonly #processes = new Set<ProgramProcess>();
  readonly #ready = new Set<ProgramProcess>();
  /** Those that others have taken the place of. */
  readonly #replaced = new Set<ProgramProcess>();
  /** One of them was. */
  #wasReady = false;

  constructor(options: ProgramHandlerOptions) {
    this.#options = options;
  }

  get failed(): Promise<Error> {
    return this.#scope.failed;
  }

  async start(signal: AbortSignal): Promise<void> {
    for (let n = 0; n < this.#options.processes; n += 1) {
      this.#scope.run('keep a handler', (own) => this.#keep(own));
    }
    const stopped = Promise.withResolvers<undefined>();
    const stopWaiting = onAbort(signal, () => stopped.resolve(undefined));
    const unusable = this.#unusable.promise.then((error) => {
      throw error;
    });
    await Promise.race([this.#first.promise, unusable, stopped.promise]).finally(stopWaiting);
  }

  async reload(): Promise<string | undefined> {
    for (const former of [...this.#processes]) {
      // As it is: nobody debugs what is reloaded.
      const next = new ProgramProcess(this.#options);
      this.#processes.add(next);
      const ended = next.ended.then(({ reason }) => reason);
      const late = AbortSignal.any([this.#scope.signal, AbortSignal.timeout(READY_MS)]);
      const reason = await Promise.race([next.ready, ended, whenAborted(late)]);
      if (this.#scope.signal.aborted) return undefined;
      // One that has ended meanwhile is started again as it is.
      if (reason !== undefined || !this.#processes.has(former)) {
        this.#processes.delete(next);
        await next.stop(Deadline.after(0));
        return reason;
      }
      this.#scope.run('keep a handler', (own) => this.#keep(own, next));
      this.#offer(next);
      this.#replaced.add(former);
      this.#scope.run('end a handler', (own) => this.#retire(former, own));
    }
    return undefined;
  }

  /** To the one that has least to do. */
  begin(work: Work): void {
    const [first, ...others] = this.#ready;
    const idlest = others.reduce(
      (best, each) => (best === undefined || each.inHand < best.inHand ? each : best),
      first,
    );
    if (idlest === undefined) work.finish({ kind: 'requeue' });
    else idlest.begin(work);
  }

  cancel(work: Work, why: 'timeout' | 'stop'): void {
    const process = [...this.#processes].find((each) => each.has(work));
    if (process === undefined) return;
    process.cancel(work, why);
    if (why === 'timeout')
      this.#scope.run('cut a message', (signal) => this.#cut(process, work, signal));
  }

  async stop(deadline: Deadline): Promise<void> {
    const ends = [...this.#processes].map((process) => process.stop(deadline));
    await Promise.all([this.#scope.close(deadline), ...ends]);
  }

  /** Until it is stopped, or what lives here is replaced. */
  async #keep(signal: AbortSignal, first?: ProgramProcess): Promise<void> {
    for (let failures = 1, process = first; ; failures += 1, process = undefined) {
      const gone = new AbortController();
      process ??= await this.#make(AbortSignal.any([signal, gone.signal]));
      const end = await this.#live(process, signal).finally(() => gone.abort());
      if (signal.aborted || this.#replaced.delete(process)) return;
      if (end.wasReady) failures = 1;
      const reason = `${this.#options.words.join(' ')}: ${end.reason}`;
      if (!this.#wasReady) {
        this.#unusable.resolve(unusable(end, reason));
        return;
      }
      if (!end.wasCut) this.#options.onRestart('crash', reason);
      if (!(await pause(Math.round(backoffMs(BACKOFF, failures)), signal))) return;
    }
  }

  /** The signal aborts when it has ended. */
  async #make(signal: AbortSignal): Promise<ProgramProcess> {
    const { words, env, cwd, prepare } = this.#options;
    return new ProgramProcess({
      ...this.#options,
      ...(await prepare({ words, env, cwd }, signal)),
    });
  }

  async #retire(process: ProgramProcess, signal: AbortSignal): Promise<void> {
    this.#withdraw(process, 'its files have changed');
    if (!(await doneBefore(process.whenIdle(), signal))) return;
    const deadline = Deadline.after(GRACE_MS);
    await process.stop(deadline);
    deadline.expire();
  }

  async #live(process: ProgramProcess, signal: AbortSignal): Promise<ProgramEnd> {
    this.#processes.add(process);
    const late = AbortSignal.any([signal, AbortSignal.timeout(READY_MS)]);
    const inTime = await doneBefore(Promise.race([process.ready, process.ended]), late);
    if (!inTime) await process.stop(Deadline.after(0));
    else void process.ready.then(() => this.#offer(process));
    const end = await process.ended;
    this.#processes.delete(process);
    this.#withdraw(process, end.reason);
    return inTime ? end : { ...end, reason: `it was not ready within ${READY_MS / 1000}s` };
  }

  #offer(process: ProgramProcess): void {
    if (!this.#processes.has(process)) return;
    this.#ready.add(process);
    this.#wasReady = true;
    this.#first.resolve(undefined);
    this.#options.onAway(undefined);
  }

  #withdraw(process: ProgramProcess, reason: string): void {
    if (this.#ready.delete(process) && this.#ready.size === 0) {
      this.#options.onAway(`the handler is started again: ${reason}`);
    }
  }

  /** A program that does not end a message in time is not trusted with others. */
  async #cut(process: ProgramProcess, work: Work, signal: AbortSignal): Promise<void> {
    await pause(LAST_WORDS_MS, signal);
    if (!process.has(work) || signal.aborted) return;
    const verdict = timedOut(work);
    process.forget(work);
    this.#withdraw(process, verdict.reason);
    if (process.cut()) this.#options.onRestart('timeout', verdict.reason);
    work.finish(verdict);
    await process.stop(Deadline.after(0));
  }
}

function whenAborted(signal: AbortSignal): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  onAbort(signal, () => resolve(`it was not ready within ${READY_MS / 1000}s`));
  return promise;
}

function unusable({ status }: ProgramEnd, reason: string): HurricaneError {
  if (status.kind !== 'not-started') {
    return new HurricaneError('handler-not-usable', `the handler was never ready: ${reason}`, {
      hint: 'let it write {"t":"ready"} when it can take messages; its stderr says more',
    });
  }
  const code = status.code === 127 ? 'app-not-found' : 'app-not-executable';
  return new HurricaneError(code, status.reason, { hint: 'correct --handler-exec' });
}
