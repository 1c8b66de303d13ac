// One time budget, handed down, so that the parts of a wait never add up to more than the whole.

import { monotonicMs } from '../lib/clock.ts';

/** A moment until which work may take. Once passed it stays passed. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #endsAt: number;

  private constructor(ms: number) {
    this.#endsAt = monotonicMs() + ms;
    if (ms <= 0) this.#controller.abort();
    else if (Number.isFinite(ms)) this.#timer = setTimeout(() => this.expire(), ms).unref();
  }

  /** A deadline `ms` milliseconds from now; `Infinity` never passes by itself. */
  static after(ms: number): Deadline {
    return new Deadline(ms);
  }

  /** Milliseconds left, never below 0; 0 once the deadline has passed or was expired. */
  get leftMs(): number {
    return this.passed ? 0 : Math.max(0, this.#endsAt - monotonicMs());
  }

  get passed(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Aborted when the deadline passes. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** An earlier deadline, `ms` from now or at this one, whichever comes first; it passes with this one. */
  within(ms: number): Deadline {
    const earlier = new Deadline(Math.min(ms, this.leftMs));
    this.signal.addEventListener('abort', () => earlier.expire(), { once: true });
    return earlier;
  }

  /** The deadline that leaves `ms` of this one for what comes after it. */
  before(ms: number): Deadline {
    return this.within(this.leftMs - ms);
  }

  /** Lets the deadline pass now: the second signal of an impatient operator. */
  expire(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }
}
