// What was done in vain is not done again at once. Pure: moments in, moments out, all in milliseconds.

import { backoffMs } from '../lib/backoff.ts';

const PAUSE = { firstMs: 10_000, maxMs: 600_000, jitter: 0.2 };

/** Each time in a row waits twice as long as the one before, from 10 s to 10 min. */
export class Patience {
  #times = 0;
  #notBefore = -Infinity;

  isOver(now: number): boolean {
    return now >= this.#notBefore;
  }

  /** It did not help. Returns for how long nothing is done. */
  lose(now: number): number {
    this.#times += 1;
    const pauseMs = Math.round(backoffMs(PAUSE, this.#times));
    this.#notBefore = now + pauseMs;
    return pauseMs;
  }

  /** All is well: the next time is the first again. */
  regain(): void {
    this.#times = 0;
  }
}
