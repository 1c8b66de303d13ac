// When an app that is given requests has answered none of them for so long that somebody should know.

/** What is seen of it at one moment. */
export interface Sight {
  readonly atMs: number;
  /** Counts answers of the app; only that it grows is of interest. */
  readonly answered: number;
  /** Since when the oldest request waits for the app; undefined when none does. */
  readonly oldestMs: number | undefined;
}

/** To be looked at again and again; each silence is told once. */
export class Silence {
  readonly #afterMs: number;
  #answered = 0;
  #heardAtMs = 0;
  /** Also of requests whose clients have given up since. */
  #sinceMs: number | undefined;
  #isTold = false;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** How long it lasts, in the moment in which it is to be told; otherwise undefined. */
  look({ atMs, answered, oldestMs }: Sight): number | undefined {
    if (answered !== this.#answered || oldestMs === undefined) {
      this.#answered = answered;
      this.#heardAtMs = atMs;
      this.#sinceMs = undefined;
      this.#isTold = false;
      return undefined;
    }
    this.#sinceMs ??= Math.max(this.#heardAtMs, oldestMs);
    const silentMs = atMs - this.#sinceMs;
    if (this.#isTold || silentMs < this.#afterMs) return undefined;
    this.#isTold = true;
    return silentMs;
  }
}
