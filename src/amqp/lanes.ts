// Who may run now: at most so many at a time, one of each key, and suspects alone. Knows nothing of messages.

/** What runs in a lane. */
export interface Lane {
  /** Those of one key run one after the other, in the order in which they came; undefined: in any order. */
  readonly key: string | undefined;
  /** Runs while nothing else does: it may take others down with it. */
  readonly alone: boolean;
}

/**
 * Calls `begin` for each, in the order in which they came as far as their keys allow. No Set holds what comes and
 * goes with every message: each table that it outgrows points to the next one, so that one which has become
 * old keeps all that came after it alive until the next full collection of garbage.
 */
export class Lanes<T extends Lane> {
  readonly #limit: number;
  readonly #begin: (entry: T) => void;
  #waiting: T[] = [];
  readonly #running: T[] = [];
  readonly #busyKeys = new Set<string>();
  #open = true;

  constructor(limit: number, begin: (entry: T) => void) {
    this.#limit = limit;
    this.#begin = begin;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get all(): readonly T[] {
    return [...this.#running, ...this.#waiting];
  }

  /** In the order in which they began. */
  get running(): readonly T[] {
    return this.#running;
  }

  enter(entry: T): void {
    this.#waiting.push(entry);
    this.#fill();
  }

  /** As `enter`, before all others that wait. */
  enterFirst(entry: T): void {
    this.#waiting.unshift(entry);
    this.#fill();
  }

  /** It has run. */
  leave(entry: T): void {
    if (!remove(this.#running, entry)) return;
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
    const taken = this.#waiting.filter(which);
    this.#waiting = this.#waiting.filter((entry) => !which(entry));
    return taken;
  }

  #fill(): void {
    for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
      remove(this.#waiting, entry);
      this.#running.push(entry);
      if (entry.key !== undefined) this.#busyKeys.add(entry.key);
      this.#begin(entry);
    }
  }

  /** The first whose key is free, if it may begin now. */
  #next(): T | undefined {
    if (!this.#open || this.#running.length >= this.#limit) return undefined;
    if (this.#running[0]?.alone === true) return undefined;
    const next = this.#waiting.find(({ key }) => key === undefined || !this.#busyKeys.has(key));
    return next?.alone === true && this.#running.length > 0 ? undefined : next;
  }
}

function remove<T>(list: T[], entry: T): boolean {
  const index = list.indexOf(entry);
  if (index !== -1) list.splice(index, 1);
  return index !== -1;
}
