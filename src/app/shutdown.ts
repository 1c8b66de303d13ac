// The first reason to stop decides; a second signal takes away what is left of the time.

import type { StopReason } from '../core/component.ts';
import { Deadline } from '../core/deadline.ts';
import { onAbort } from '../lib/waiting.ts';

/** One stop, asked for once. Its one budget begins with the first reason. */
export class Shutdown {
  readonly #graceMs: number;
  readonly #controller = new AbortController();
  readonly #reason = Promise.withResolvers<StopReason>();
  readonly #over = new AbortController();
  #budget: Deadline | undefined;
  #hurried = false;

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Aborted when the stop is asked for; its reason is the signal's name, if it was one. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reason(): Promise<StopReason> {
    return this.#reason.promise;
  }

  /** True after a second signal: skip all waits, exit 130. */
  get hurried(): boolean {
    return this.#hurried;
  }

  /** Aborted when the budget is used up, or by a second signal: nothing is waited for any more. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** What is left for the stop; only after a stop was asked for. */
  get budget(): Deadline {
    if (this.#budget === undefined) throw new Error('no stop was asked for');
    return this.#budget;
  }

  request(reason: StopReason): void {
    if (this.#budget !== undefined) return;
    this.#budget = Deadline.after(this.#graceMs);
    onAbort(this.#budget.signal, () => this.#over.abort());
    this.#reason.resolve(reason);
    this.#controller.abort(reason.kind === 'signal' ? reason.signal : reason.kind);
  }

  onSignal(signal: 'SIGTERM' | 'SIGINT'): void {
    if (this.signal.aborted) this.#hurry();
    else this.request({ kind: 'signal', signal });
  }

  #hurry(): void {
    this.#hurried = true;
    this.#budget?.expire();
  }
}
