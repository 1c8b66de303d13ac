// One metric that the app registered and pushes to.

import type { FamilyType, TextFamily } from './exposition.ts';

export type PushedType = Extract<FamilyType, 'gauge' | 'counter' | 'histogram'>;
export const pushedTypes: readonly PushedType[] = ['gauge', 'counter', 'histogram'];

export type Operation = 'set' | 'inc' | 'dec' | 'observe';
export const operations: readonly Operation[] = ['set', 'inc', 'dec', 'observe'];

export interface Definition {
  readonly type: PushedType;
  readonly help: string;
  /** Of a histogram; ascending, without +Inf. */
  readonly buckets: readonly number[];
}

export interface Change {
  readonly op: Operation;
  readonly value: number;
  readonly labels: Labels;
}

export type Labels = Readonly<Record<string, string>>;

/** One series as the app is told of it. */
export type ShownSeries =
  | { readonly labels: Labels; readonly value: number }
  | { readonly labels: Labels; readonly count: number; readonly sum: number };

export const MAX_PUSHED_SERIES = 1000;

const allowed: Readonly<Record<PushedType, readonly Operation[]>> = {
  gauge: ['set', 'inc', 'dec'],
  counter: ['inc'],
  histogram: ['observe'],
};

interface Series {
  readonly labels: Labels;
  /** Of a histogram the sum. */
  value: number;
  /** Per bucket, the one up to infinity last; empty for anything but a histogram. */
  readonly counts: number[];
}

export class PushedMetric {
  readonly definition: Definition;
  readonly #id: string;
  readonly #series = new Map<string, Series>();

  constructor(id: string, definition: Definition) {
    this.#id = id;
    this.definition = definition;
  }

  /** Returns why it cannot be. */
  change({ op, value, labels }: Change): string | undefined {
    const { type } = this.definition;
    const possible = allowed[type];
    if (!possible.includes(op)) {
      const remedy = type === 'counter' ? ', which only goes up; a gauge has set, inc and dec' : '';
      return `${this.#id} is a ${type}${remedy}: its op is ${possible.join(', ')}`;
    }
    if (type === 'counter' && value < 0) return `${this.#id} is a counter, which only goes up`;
    const series = this.#seriesOf(labels);
    if (series === undefined) {
      return `${this.#id} has ${MAX_PUSHED_SERIES} series already: use fewer values of its labels`;
    }
    if (type === 'histogram') {
      const found = this.definition.buckets.findIndex((bound) => value <= bound);
      const bucket = found === -1 ? series.counts.length - 1 : found;
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    }
    if (op === 'set') series.value = value;
    else series.value += op === 'dec' ? -value : value;
    return undefined;
  }

  get series(): readonly ShownSeries[] {
    const isHistogram = this.definition.type === 'histogram';
    return [...this.#series.values()].map(({ labels, value, counts }) =>
      isHistogram ? { labels, count: sumOf(counts), sum: value } : { labels, value },
    );
  }

  /** The value of the series without labels; undefined where there is none, and of a histogram. */
  get plain(): number | undefined {
    const plain = this.series.find(({ labels }) => Object.keys(labels).length === 0);
    return plain !== undefined && 'value' in plain ? plain.value : undefined;
  }

  get family(): TextFamily {
    const { type, help } = this.definition;
    const lines = [...this.#series.values()].flatMap((series) => this.#linesOf(series));
    return { name: this.#id, type, help: escaped(help, false), lines };
  }

  #linesOf({ labels, value, counts }: Series): string[] {
    const { type, buckets } = this.definition;
    if (type !== 'histogram') return [`${this.#id}${labelText(labels)} ${value}`];
    return [
      ...counts.map((_, index) => {
        const le = String(buckets[index] ?? '+Inf');
        const below = sumOf(counts.slice(0, index + 1));
        return `${this.#id}_bucket${labelText({ ...labels, le })} ${below}`;
      }),
      `${this.#id}_sum${labelText(labels)} ${value}`,
      `${this.#id}_count${labelText(labels)} ${sumOf(counts)}`,
    ];
  }

  #seriesOf(labels: Labels): Series | undefined {
    const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    const known = this.#series.get(key);
    if (known !== undefined || this.#series.size >= MAX_PUSHED_SERIES) return known;
    const { type, buckets } = this.definition;
    const counts = type === 'histogram' ? new Array<number>(buckets.length + 1).fill(0) : [];
    const made = { labels, value: 0, counts };
    this.#series.set(key, made);
    return made;
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value, true)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string, inQuotes: boolean): string {
  const common = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return inQuotes ? common.replaceAll('"', '\\"') : common;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
