// Who may run now: at most so many at a time, one of each key, and suspects alone. Knows nothing of messages.

/** What runs in a lane. */
export interface Lane {
  /** Those of one key run one after the other, in the order in which they came; undefined: in any order. */
  readonly key: string | undefined;
  /** Runs while nothing else does: it may take others down with it. */
  readonly alone: boolean;
}

/** Calls `begin` for each, in the order in which they came as far as their keys allow. */
export class Lanes<T extends Lane> {
  readonly #limit: number;
  readonly #begin: (entry: T) => void;
  readonly #waiting = new Set<T>();
  readonly #running = new Set<T>();
  readonly #busyKeys = new Set<string>();
  #open = true;

  constructor(limit: number, begin: (entry: T) => void) {
    this.#limit = limit;
    this.#begin = begin;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get all(): readonly T[] {
    return [...this.#running, ...this.#waiting];
  }

  get running(): ReadonlySet<T> {
    return this.#running;
  }

  enter(entry: T): void {
    this.#waiting.add(entry);
    this.#fill();
  }

  /** As `enter`, before all others that wait. */
  enterFirst(entry: T): void {
    const others = this.takeWaiting();
    for (const each of [entry, ...others]) this.#waiting.add(each);
    this.#fill();
  }

  /** It has run. */
  leave(entry: T): void {
    if (!this.#running.delete(entry)) return;
    if (entry.key !== undefined) this.#busyKeys.delete(entry.key);
    this.#fill();
  }

  /** Nothing begins until `open`. */
  hold(): void {
    this.#open = false;
  }

  open(): void {
    this.#open = true;
    this.#fill();
  }

  /** Those that have not begun, and now never will; of a condition, only those that meet it. */
  takeWaiting(which: (entry: T) => boolean = () => true): readonly T[] {
    const taken = [...this.#waiting].filter(which);
    for (const entry of taken) this.#waiting.delete(entry);
    return taken;
  }

  #fill(): void {
    if (!this.#open) return;
    for (const entry of this.#waiting) {
      if (this.#running.size >= this.#limit || this.#isTakenByOneAlone()) return;
      if (entry.key !== undefined && this.#busyKeys.has(entry.key)) continue;
      if (entry.alone && this.#running.size > 0) return;
      this.#waiting.delete(entry);
      this.#running.add(entry);
      if (entry.key !== undefined) this.#busyKeys.add(entry.key);
      this.#begin(entry);
    }
  }

  #isTakenByOneAlone(): boolean {
    const [first] = this.#running;
    return first?.alone ?? false;
  }
}
