// One question to a module for its own health, in the thread that also handles its messages.

import { Deadline } from '../core/deadline.ts';
import { doneBefore } from '../lib/waiting.ts';
import type { CallOptions, CallOutcome } from '../process/module-worker.ts';

/** Nothing is known that speaks against it. */
export const UNSUSPECTED: CallOutcome = { kind: 'returned', value: undefined };

export class ModuleCheck {
  readonly #answer = Promise.withResolvers<CallOutcome>();
  #begun = false;

  begin(): void {
    this.#begun = true;
  }

  end(outcome: CallOutcome): void {
    this.#answer.resolve(outcome);
  }

  /**
   * The answer, or after `timeoutMs` a failure. A thread that messages have kept from beginning is not
   * suspected: what they may take, `--handler-timeout` says.
   */
  async outcome({ timeoutMs, signal }: CallOptions, busy: () => boolean): Promise<CallOutcome> {
    const deadline = Deadline.after(timeoutMs);
    const answered = await doneBefore(
      this.#answer.promise,
      AbortSignal.any([signal, deadline.signal]),
    );
    deadline.expire();
    if (answered) return this.#answer.promise;
    if (!this.#begun && busy()) return UNSUSPECTED;
    const reason = `check() did not end within ${timeoutMs / 1000}s (--check-timeout)`;
    return { kind: 'failed', reason };
  }
}
