// Owns background tasks, so that no promise is left without someone who waits for it.

import type { Deadline } from './deadline.ts';

/**
 * Tasks run with the scope's signal. The first failure is kept in `failed` and aborts the others;
 * `close` aborts and waits. A task that ends because of the abort is not a failure.
 */
export class Scope {
  readonly #controller = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  readonly #failed = Promise.withResolvers<Error>();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Resolves with the first failure of a task; stays pending while all is well. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  run(name: string, task: (signal: AbortSignal) => Promise<unknown>): void {
    const running = task(this.signal).then(
      () => undefined,
      (error: unknown) => this.#fail(name, error),
    );
    this.#tasks.add(running);
    void running.then(() => this.#tasks.delete(running));
  }

  /** Aborts what runs and waits for it until the deadline. Never rejects. */
  async close(deadline: Deadline): Promise<void> {
    this.#controller.abort();
    const late = Promise.withResolvers<undefined>();
    const giveUp = (): void => late.resolve(undefined);
    deadline.signal.addEventListener('abort', giveUp, { once: true });
    if (deadline.passed) giveUp();
    await Promise.race([Promise.all(this.#tasks), late.promise]);
    deadline.signal.removeEventListener('abort', giveUp);
  }

  #fail(name: string, error: unknown): void {
    if (this.signal.aborted && isAbort(error)) return;
    this.#failed.resolve(new Error(`${name} failed`, { cause: error }));
    this.#controller.abort();
  }
}

/** True for the error that an `AbortSignal` causes: an end that was asked for. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}
