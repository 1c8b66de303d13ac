// One attempt to handle one message: its time, and its one end.

import { monotonicMs } from '../lib/clock.ts';
import type { Work } from './handler.ts';
import { isSuspect, returnsOf } from './headers.ts';
import type { Lane } from './lanes.ts';
import type { Verdict } from './retry-ladder.ts';
import type { Delivery } from './transport.ts';

export interface AttemptOptions {
  readonly key: string | undefined;
  readonly timeoutMs: number;
  readonly onTimeout: () => void;
  readonly onFinished: (verdict: Verdict) => void;
  /** It had finished before. */
  readonly onLate: () => void;
}

export class Attempt implements Work, Lane {
  readonly delivery: Delivery;
  readonly key: string | undefined;
  readonly alone: boolean;
  /** How often it may have ended the whole consumer; 0 when it is not suspected of that. */
  readonly returns: number;
  readonly takenAt = monotonicMs();
  readonly #options: AttemptOptions;
  #timer: NodeJS.Timeout | undefined;
  #beganAt = 0;
  #endedAt: number | undefined;

  constructor(delivery: Delivery, options: AttemptOptions) {
    this.delivery = delivery;
    this.key = options.key;
    this.returns = returnsOf(delivery.properties.headers);
    this.alone = this.returns > 0 || isSuspect(delivery.properties.headers);
    this.#options = options;
  }

  get attempt(): number {
    return this.delivery.attempt;
  }

  get timeoutMs(): number {
    return this.#options.timeoutMs;
  }

  /** How long the handler took, or takes so far. */
  get handledMs(): number {
    return (this.#endedAt ?? monotonicMs()) - this.#beganAt;
  }

  get isHandled(): boolean {
    return this.#endedAt !== undefined;
  }

  begin(): void {
    this.#beganAt = monotonicMs();
    this.#timer = setTimeout(this.#options.onTimeout, this.#options.timeoutMs);
  }

  finish(verdict: Verdict): void {
    if (this.#endedAt !== undefined) {
      this.#options.onLate();
      return;
    }
    clearTimeout(this.#timer);
    this.#endedAt = monotonicMs();
    this.#options.onFinished(verdict);
  }
}
