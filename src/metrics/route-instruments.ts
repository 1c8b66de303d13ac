// What is counted of finished requests by the route they belong to; only routes that were named are labels.

import type { RequestRecord } from '../core/request-record.ts';
import { routePattern } from '../lib/route-pattern.ts';
import { counter, summary, type Family } from './family.ts';
import { Summary } from './instruments.ts';
import { RequestCounts } from './request-counts.ts';

/** The label of what belongs to none of them. */
const OTHER = 'other';

export class RouteInstruments {
  readonly #routes: readonly { readonly name: string; readonly matches: (t: string) => boolean }[];
  readonly #counts: ReadonlyMap<string, RequestCounts>;
  readonly #appTime = new Summary('route');

  /** The first that matches counts. */
  constructor(names: readonly string[]) {
    this.#routes = names.map((name) => ({ name, matches: routePattern(name) }));
    this.#counts = new Map([...names, OTHER].map((name) => [name, new RequestCounts()]));
  }

  record(record: RequestRecord): void {
    if (this.#routes.length === 0) return;
    const name = this.#routes.find(({ matches }) => matches(record.target))?.name ?? OTHER;
    this.#counts.get(name)?.count(record);
    if (record.appMs > 0) this.#appTime.observe(name, record.appMs / 1000);
  }

  /** None where no route was named. */
  families(): readonly Family[] {
    if (this.#routes.length === 0) return [];
    return [
      counter(
        'hurricane_route_requests_total',
        'Finished requests by route, method and class of status, with --route; other: of no route.',
        () =>
          [...this.#counts].flatMap(([route, counts]) =>
            counts.readSeen().map(({ value, labels }) => ({ value, labels: { route, ...labels } })),
          ),
      ),
      summary(
        'hurricane_route_app_seconds',
        'From the hand-over to the app to the end by route, with --route; only requests that the app saw.',
        this.#appTime.read,
      ),
    ];
  }
}
