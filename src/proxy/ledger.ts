// The books of the requests: accepted = completed + shed + aborted + failed + in flight + queued.

import type { DrainReport, Load } from '../core/component.ts';
import type { RequestOutcome } from '../core/request-record.ts';

/** At or below this share of the limit the queue counts as short again. */
const LOW_SHARE = 0.8;

/** `queued` until the head of the answer, then `in flight` until the end; nothing is counted twice. */
export class Ledger implements Load {
  readonly #high: number;
  readonly #low: number;
  readonly #onQueueChange: () => void;
  #accepted = 0;
  #queued = 0;
  #inFlight = 0;
  readonly #ended: Record<RequestOutcome, number> = {
    completed: 0,
    shed: 0,
    aborted: 0,
    failed: 0,
  };
  #ofFiles = 0;
  #forced = 0;
  #longestMs = 0;
  #measured = 0;
  #totalMs = 0;

  /** `onQueueChange` is called when the queue reaches `queueLimit` and when it is down to 80 % of it. */
  constructor(queueLimit: number, onQueueChange: () => void) {
    this.#high = queueLimit;
    this.#low = Math.floor(LOW_SHARE * queueLimit);
    this.#onQueueChange = onQueueChange;
  }

  accept(): void {
    this.#accepted += 1;
    this.#queued += 1;
    if (this.#queued === this.#high) this.#onQueueChange();
  }

  /** One that does not wait for the app, and says nothing about it: in flight from the first moment. */
  acceptForFiles(): void {
    this.#accepted += 1;
    this.#inFlight += 1;
  }

  /** As `end`, of one that was accepted so. */
  endForFiles(outcome: RequestOutcome): void {
    this.#ended[outcome] += 1;
    this.#inFlight -= 1;
    if (outcome !== 'shed') this.#ofFiles += 1;
  }

  /** The head of the final answer goes out. */
  answer(): void {
    this.#inFlight += 1;
    this.#leaveQueue();
  }

  /**
   * Every accepted request exactly once. `measuredMs` is its share of the mean and the longest: undefined
   * for what the app never saw and for upgraded connections, whose length says nothing about the app.
   */
  end(outcome: RequestOutcome, answered: boolean, measuredMs: number | undefined): void {
    this.#ended[outcome] += 1;
    if (measuredMs !== undefined) {
      this.#measured += 1;
      this.#totalMs += measuredMs;
      if (measuredMs > this.#longestMs) this.#longestMs = measuredMs;
    }
    if (answered) this.#inFlight -= 1;
    else this.#leaveQueue();
  }

  /** A request that ends because the deadline has passed; it is counted as failed too. */
  force(): void {
    this.#forced += 1;
  }

  get active(): number {
    return this.#queued + this.#inFlight;
  }

  get queued(): number {
    return this.#queued;
  }

  /** Answers under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get finished(): number {
    const { completed, aborted, failed } = this.#ended;
    return completed + aborted + failed - this.#ofFiles;
  }

  get averageMs(): number {
    return this.#measured === 0 ? 0 : this.#totalMs / this.#measured;
  }

  report(): DrainReport {
    return {
      accepted: this.#accepted,
      ...this.#ended,
      forced: this.#forced,
      longestMs: this.#longestMs,
    };
  }

  #leaveQueue(): void {
    this.#queued -= 1;
    if (this.#queued === this.#low) this.#onQueueChange();
  }
}
