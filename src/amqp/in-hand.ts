// The works that a thread or a program has in hand, each under the number that both sides call it by.

import type { Work } from './handler.ts';

/** Numbers count from 1 and are never used again. */
export class InHand {
  readonly #works = new Map<number, Work>();
  readonly #ids = new Map<Work, number>();
  #lastId = 0;

  get size(): number {
    return this.#works.size;
  }

  add(work: Work): number {
    this.#lastId += 1;
    this.#works.set(this.#lastId, work);
    this.#ids.set(work, this.#lastId);
    return this.#lastId;
  }

  /** Undefined when it is not in hand. */
  idOf(work: Work): number | undefined {
    return this.#ids.get(work);
  }

  take(id: number): Work | undefined {
    const work = this.#works.get(id);
    if (work === undefined) return undefined;
    this.#works.delete(id);
    this.#ids.delete(work);
    return work;
  }

  takeAll(): readonly Work[] {
    const all = [...this.#works.values()];
    this.#works.clear();
    this.#ids.clear();
    return all;
  }
}
