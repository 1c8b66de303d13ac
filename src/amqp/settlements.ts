// Which deliveries of a channel the broker must still hear of, and in how few words: `multiple` acknowledges
// everything up to a tag, so it may only be said when all of that is settled. Pure.

/** What to send: an acknowledgement of everything up to `upTo`, then of single tags. */
export interface Acknowledgements {
  readonly upTo: number | undefined;
  readonly single: readonly number[];
}

/** Of one channel, whose tags count its deliveries from 1. */
export class Settlements {
  /** The lowest that is not settled at the broker. */
  #lowest = 1;
  /** Acknowledged by us, and the broker was not told. */
  #acknowledged: number[] = [];
  /** Above the lowest, and the broker knows. */
  readonly #told = new Set<number>();

  acknowledge(tag: number): void {
    this.#acknowledged.push(tag);
  }

  /** The broker was told of it in another way. */
  settled(tag: number): void {
    this.#told.add(tag);
  }

  /** How many the broker was not told of. */
  get count(): number {
    return this.#acknowledged.length;
  }

  /** Everything acknowledged since the last call. */
  take(): Acknowledgements {
    const ascending = this.#acknowledged.sort((a, b) => a - b);
    this.#acknowledged = [];
    const upTo = this.#advance(ascending);
    const single = ascending.filter((tag) => tag > this.#lowest);
    for (const tag of single) this.#told.add(tag);
    return { upTo, single };
  }

  /** Over all that is settled without a gap; the last acknowledged one of it. */
  #advance(acknowledged: readonly number[]): number | undefined {
    let upTo: number | undefined;
    let passed = 0;
    for (;;) {
      if (acknowledged[passed] === this.#lowest) {
        upTo = this.#lowest;
        passed += 1;
      } else if (!this.#told.delete(this.#lowest)) return upTo;
      this.#lowest += 1;
    }
  }
}
