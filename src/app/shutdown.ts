// The first reason to stop decides; a second signal takes away what is left of the time.

import type { StopReason } from '../core/component.ts';
import { Deadline } from '../core/deadline.ts';

/** One stop, asked for once. */
export class Shutdown {
  readonly #controller = new AbortController();
  readonly #reason = Promise.withResolvers<StopReason>();
  #budget: Deadline | undefined;
  #hurried = false;

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

  request(reason: StopReason): void {
    this.#reason.resolve(reason);
    this.#controller.abort(reason.kind === 'signal' ? reason.signal : reason.kind);
  }

  onSignal(signal: 'SIGTERM' | 'SIGINT'): void {
    if (this.signal.aborted) this.#hurry();
    else this.request({ kind: 'signal', signal });
  }

  /** The one budget of the stop; it passes at once when a second signal comes, or came already. */
  startBudget(ms: number): Deadline {
    this.#budget = Deadline.after(ms);
    if (this.#hurried) this.#budget.expire();
    return this.#budget;
  }

  #hurry(): void {
    this.#hurried = true;
    this.#budget?.expire();
  }
}
