// From single results to a state: n of the last m runs failed, or the last result is too old. Pure.

import { RingBuffer } from '../lib/ring-buffer.ts';

export class CheckHistory {
  readonly #failures: number;
  readonly #passed: RingBuffer<boolean>;
  #stale = false;

  /** Failing when `failures` of the last `window` runs failed. */
  constructor({ failures, window }: { readonly failures: number; readonly window: number }) {
    this.#failures = failures;
    this.#passed = new RingBuffer(window);
  }

  add(passed: boolean): void {
    this.#stale = false;
    this.#passed.push(passed);
  }

  /** Fails from now until the next result. */
  expire(): void {
    this.#stale = true;
  }

  get failing(): boolean {
    const failed = this.#passed.toArray().filter((passed) => !passed);
    return this.#stale || failed.length >= this.#failures;
  }
}
