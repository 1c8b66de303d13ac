// Who takes longer than they may. All may take equally long, so one timer serves them all.

export interface Timed {
  /** How long it took, or takes so far. */
  readonly handledMs: number;
  readonly isHandled: boolean;
}

export interface TimeLimitOptions<T> {
  readonly timeoutMs: number;
  /** In the order in which they began. */
  readonly running: () => readonly T[];
  /** Once for each. */
  readonly onTimeout: (late: T) => void;
}

export class TimeLimit<T extends Timed> {
  readonly #options: TimeLimitOptions<T>;
  readonly #late = new WeakSet<T>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TimeLimitOptions<T>) {
    this.#options = options;
  }

  /** One has begun. */
  watch(): void {
    this.#timer ??= setTimeout(this.#look, this.#options.timeoutMs);
  }

  /** None is running. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    const { timeoutMs, running, onTimeout } = this.#options;
    const timed = running().filter((each) => !each.isHandled && !this.#late.has(each));
    const late = timed.filter(({ handledMs }) => handledMs >= timeoutMs);
    const next = timed[late.length];
    this.#timer = next && setTimeout(this.#look, Math.ceil(timeoutMs - next.handledMs));
    for (const each of late) {
      this.#late.add(each);
      onTimeout(each);
    }
  };
}
