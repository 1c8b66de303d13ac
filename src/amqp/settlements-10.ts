// Tells a broker of AMQP 1.0 what became of deliveries, all those of one turn together.

import type { Dialect } from './dialect-10.ts';

/** What the client library lets us tell of a delivery. */
export interface Handed {
  readonly id: number;
  accept(): void;
  release(): void;
  modified(how: { readonly delivery_failed: boolean }): void;
}

export interface Settlement {
  readonly handed: Handed;
  readonly how: 'accept' | 'release' | 'requeue';
}

export interface Settlements10Options {
  readonly dialect: () => Dialect;
  /** Aborted when nothing reaches the broker any more. */
  readonly over: AbortSignal;
  /** The broker was told of so many. */
  readonly onTold: (count: number) => void;
}

export class Settlements10 {
  readonly #options: Settlements10Options;
  #settled: Settlement[] = [];
  #isFlushing = false;

  constructor(options: Settlements10Options) {
    this.#options = options;
  }

  /** Told to the broker together with all others of this turn. */
  add(settlement: Settlement): void {
    this.#settled.push(settlement);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(this.flush);
  }

  /** All of them, now. */
  readonly flush = (): void => {
    const { over, onTold } = this.#options;
    this.#isFlushing = false;
    const settled = inSafeOrder(this.#settled);
    this.#settled = [];
    if (over.aborted || settled.length === 0) return;
    for (const settlement of settled) this.#tell(settlement);
    onTold(settled.length);
  };

  #tell({ handed, how }: Settlement): void {
    if (how === 'accept') handed.accept();
    else if (how === 'requeue' && this.#options.dialect().knowsModified) {
      handed.modified({ delivery_failed: true });
    } else handed.release();
  }
}

/**
 * Neighbours in ascending order are told of in one frame. But the library takes the first two of a turn for
 * alike whatever became of them: an accepted one would take a released one with it, which then is lost.
 */
function inSafeOrder(settlements: readonly Settlement[]): readonly Settlement[] {
  const isMixed = settlements.some(({ how }) => how !== settlements[0]?.how);
  const direction = isMixed ? -1 : 1;
  return settlements.toSorted((a, b) => direction * (a.handed.id - b.handed.id));
}
