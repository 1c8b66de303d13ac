// The last lines of something that may print without end.

/** Keeps the newest `limit` entries. */
export class RingBuffer<T> {
  readonly #limit: number;
  #entries: T[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(entry: T): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#limit) this.#entries.shift();
  }

  toArray(): readonly T[] {
    return [...this.#entries];
  }
}
