// The works that a thread or a program has in hand, each under the number that both sides call it by.

import type { Work } from './handler.ts';

interface Entry {
  readonly id: number;
  readonly work: Work;
}

/** Numbers count from 1 and are never used again. */
export class InHand {
  /** By their numbers, ascending; for why it is no Map see `Lanes`. */
  #entries: Entry[] = [];
  #lastId = 0;

  get size(): number {
    return this.#entries.length;
  }

  add(work: Work): number {
    this.#lastId += 1;
    this.#entries.push({ id: this.#lastId, work });
    return this.#lastId;
  }

  /** Undefined when it is not in hand. */
  idOf(work: Work): number | undefined {
    return this.#entries.find((entry) => entry.work === work)?.id;
  }

  get(id: number): Work | undefined {
    return this.#entries[this.#indexOf(id)]?.work;
  }

  take(id: number): Work | undefined {
    const index = this.#indexOf(id);
    return index === -1 ? undefined : this.#entries.splice(index, 1)[0]?.work;
  }

  takeAll(): readonly Work[] {
    const all = this.#entries.map(({ work }) => work);
    this.#entries = [];
    return all;
  }

  #indexOf(id: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.id ?? id) < id) low = middle + 1;
      else high = middle;
    }
    return this.#entries[low]?.id === id ? low : -1;
  }
}
