// Where the requests of a running hurricane are, as its metrics page says.

import { scrape } from './prometheus-page.ts';
import type { Hurricane } from './hurricane.ts';

export interface Books {
  readonly accepted: number;
  readonly completed: number;
  readonly shed: number;
  readonly aborted: number;
  readonly failed: number;
  readonly inFlight: number;
  readonly queued: number;
}

/** All of one moment. */
export async function readBooks(hurricane: Hurricane): Promise<Books> {
  const page = await scrape(hurricane);
  const ended = (outcome: string): number =>
    page.sum('hurricane_requests_finished_total', { outcome });
  return {
    accepted: page.sum('hurricane_requests_accepted_total'),
    completed: ended('completed'),
    shed: ended('shed'),
    aborted: ended('aborted'),
    failed: ended('failed'),
    inFlight: page.sum('hurricane_requests_in_flight'),
    queued: page.sum('hurricane_requests_queued'),
  };
}
