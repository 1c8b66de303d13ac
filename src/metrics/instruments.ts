// The kinds of metrics: plain numbers while the program runs, samples when somebody looks.

import type { Sample } from './family.ts';

/** Counts per label value; a value is exported once it was seen, or from the start when named here. */
export class Counter {
  readonly #label: string;
  readonly #counts = new Map<string, number>();

  constructor(label: string, known: readonly string[] = []) {
    this.#label = label;
    for (const value of known) this.#counts.set(value, 0);
  }

  increment(value: string): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
  }

  readonly read = (): Sample[] =>
    [...this.#counts].map(([name, value]) => ({ value, labels: { [this.#label]: name } }));
}

/** The last number per label value. */
export class Gauge {
  readonly #label: string;
  readonly #values = new Map<string, number>();

  constructor(label: string, initial: Readonly<Record<string, number>> = {}) {
    this.#label = label;
    for (const [name, value] of Object.entries(initial)) this.#values.set(name, value);
  }

  set(name: string, value: number): void {
    this.#values.set(name, value);
  }

  readonly read = (): Sample[] =>
    [...this.#values].map(([name, value]) => ({ value, labels: { [this.#label]: name } }));
}

/** Sum and count per label value: enough for a mean, at two lines each. */
export class Summary {
  readonly #label: string;
  readonly #totals = new Map<string, { sum: number; count: number }>();

  constructor(label: string) {
    this.#label = label;
  }

  observe(name: string, value: number): void {
    const { sum, count } = this.#totals.get(name) ?? { sum: 0, count: 0 };
    this.#totals.set(name, { sum: sum + value, count: count + 1 });
  }

  readonly read = (): Sample[] =>
    [...this.#totals].flatMap(([name, { sum, count }]) => {
      const labels = { [this.#label]: name };
      return [
        { value: sum, labels, suffix: '_sum' },
        { value: count, labels, suffix: '_count' },
      ];
    });
}

/** Observing costs some comparisons and no allocation; buckets become cumulative when read. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds` ascend; a value equal to a bound is inside it. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    while (value > (this.#bounds[bucket] ?? Infinity)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  readonly read = (): Sample[] => {
    let count = 0;
    const buckets = Array.from(this.#counts, (own, index) => {
      count += own;
      const le = String(this.#bounds[index] ?? '+Inf');
      return { value: count, labels: { le }, suffix: '_bucket' };
    });
    return [...buckets, { value: this.#sum, suffix: '_sum' }, { value: count, suffix: '_count' }];
  };
}
