// One attempt to handle one message: how long it takes, and its one end.

import { monotonicMs } from '../lib/clock.ts';
import type { Work } from './handler.ts';
import { isSuspect, returnsOf } from './headers.ts';
import type { Lane } from './lanes.ts';
import type { Verdict } from './retry-ladder.ts';
import type { Delivery } from './transport.ts';

/** The same for all attempts of a consumer. */
export interface AttemptSurroundings {
  readonly timeoutMs: number;
  readonly onFinished: (attempt: Attempt, verdict: Verdict) => void;
  /** It had finished before. */
  readonly onLate: (attempt: Attempt) => void;
}

export class Attempt implements Work, Lane {
  readonly delivery: Delivery;
  readonly key: string | undefined;
  readonly alone: boolean;
  /** How often it may have ended the whole consumer; 0 when it is not suspected of that. */
  readonly returns: number;
  readonly takenAt = monotonicMs();
  readonly #surroundings: AttemptSurroundings;
  #beganAt = 0;
  #endedAt: number | undefined;

  constructor(delivery: Delivery, key: string | undefined, surroundings: AttemptSurroundings) {
    const { headers } = delivery.properties;
    this.delivery = delivery;
    this.key = key;
    this.returns = returnsOf(headers);
    this.alone = this.returns > 0 || isSuspect(headers);
    this.#surroundings = surroundings;
  }

  get attempt(): number {
    return this.delivery.attempt;
  }

  get timeoutMs(): number {
    return this.#surroundings.timeoutMs;
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
  }

  finish(verdict: Verdict): void {
    if (this.#endedAt !== undefined) {
      this.#surroundings.onLate(this);
      return;
    }
    this.#endedAt = monotonicMs();
    this.#surroundings.onFinished(this, verdict);
  }
}
