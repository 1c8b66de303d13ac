// What a metric is to the page: a name, a help text, a kind, and a function that reads its values.

export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Appended to the name of the family: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string;
}

/** One metric of the page. `read` is called at each scrape and must not wait. */
export interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly name: string;
  readonly help: string;
  readonly read: () => readonly Sample[];
  /** One series, by which a number of replicas may be chosen. */
  readonly scales?: true;
}

type Row = (name: string, help: string, read: Family['read']) => Family;

export const counter: Row = (name, help, read) => ({ type: 'counter', name, help, read });
export const gauge: Row = (name, help, read) => ({ type: 'gauge', name, help, read });
export const histogram: Row = (name, help, read) => ({ type: 'histogram', name, help, read });
export const summary: Row = (name, help, read) => ({ type: 'summary', name, help, read });

/** Marks a metric of one series that tells how many replicas are needed. */
export function forScaling(family: Family): Family {
  return { ...family, scales: true };
}

/** The reader of a metric without labels. */
export function single(value: () => number): Family['read'] {
  return () => [{ value: value() }];
}
