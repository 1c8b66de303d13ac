// How many requests of each method ended with each class of status: a closed set of series, whatever clients invent.

import type { RequestRecord } from '../core/request-record.ts';
import type { Sample } from './family.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'] as const;
const OTHER = methods.length - 1;
/** The first digit of the status; `none` when no status was sent. */
const codes = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

const methodIndex = new Map<string, number>(methods.map((method, index) => [method, index]));

export class RequestCounts {
  /** One cell per method and class of status, row by row. */
  readonly #cells = new Float64Array(methods.length * codes.length);

  count({ method, status }: RequestRecord): void {
    const row = methodIndex.get(method) ?? OTHER;
    // Apps may invent statuses up to 999.
    const column = Math.min(Math.trunc(status / 100), codes.length - 1);
    const cell = row * codes.length + column;
    this.#cells[cell] = (this.#cells[cell] ?? 0) + 1;
  }

  /** GET is there from the start, so that a first scrape shows 0; other methods once they were seen. */
  readonly read = (): Sample[] =>
    methods.flatMap((method) => {
      const samples = this.#ofMethod(method);
      return method === 'GET' || samples.some(({ value }) => value > 0) ? samples : [];
    });

  /** Without what was never seen. */
  readonly readSeen = (): Sample[] =>
    methods.flatMap((method) => this.#ofMethod(method).filter(({ value }) => value > 0));

  #ofMethod(method: (typeof methods)[number]): Sample[] {
    const row = methods.indexOf(method) * codes.length;
    return codes.map((code, column) => ({
      value: this.#cells[row + column] ?? 0,
      labels: { method, code },
    }));
  }
}
