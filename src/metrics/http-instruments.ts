// What is counted of every finished request, at a cost of well under two microseconds.

import type { DrainReport, Load } from '../core/component.ts';
import type { RequestRecord } from '../core/request-record.ts';
import {
  counter,
  forScaling,
  gauge,
  histogram,
  single,
  type Family,
  type Sample,
} from './family.ts';
import { Histogram } from './instruments.ts';
import { RequestCounts } from './request-counts.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const BYTES = [0, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

/** The proxy's own accounting; read at each scrape. */
export interface RequestSources {
  load(): Load;
  report(): DrainReport;
  /** Whether such files are answered without the app. */
  serves(kind: 'static' | 'media'): boolean;
  /** By which requests are counted apart; the first that matches counts. */
  readonly routes: readonly string[];
}

export class HttpInstruments {
  readonly #queueTime = new Histogram(SECONDS);
  readonly #appTime = new Histogram(SECONDS);
  readonly #firstByteTime = new Histogram(SECONDS);
  readonly #requestSize = new Histogram(BYTES);
  readonly #responseSize = new Histogram(BYTES);
  readonly #requests = new RequestCounts();

  record(record: RequestRecord): void {
    this.#requests.count(record);
    if (!record.fromFiles) this.#queueTime.observe(record.queueMs / 1000);
    this.#requestSize.observe(record.requestBytes);
    this.#responseSize.observe(record.responseBytes);
    if (record.appMs > 0) this.#appTime.observe(record.appMs / 1000);
    if (record.ttfbMs !== undefined) this.#firstByteTime.observe(record.ttfbMs / 1000);
  }

  families(sources: RequestSources): Family[] {
    return [
      counter(
        'hurricane_requests_total',
        'Finished requests by method and class of status; probes and scrapes are not counted.',
        this.#requests.read,
      ),
      counter(
        'hurricane_requests_accepted_total',
        'Accepted requests: the sum of all outcomes, of those in flight and of those queued.',
        single(() => sources.report().accepted),
      ),
      counter(
        'hurricane_requests_finished_total',
        'Requests that left the ledger, by outcome.',
        () => readOutcomes(sources.report()),
      ),
      forScaling(
        gauge(
          'hurricane_requests_in_flight',
          'Requests whose answer has begun and has not ended.',
          single(() => sources.load().active - sources.load().queued),
        ),
      ),
      forScaling(
        gauge(
          'hurricane_requests_queued',
          'Queue length: accepted requests whose answer has not begun.',
          single(() => sources.load().queued),
        ),
      ),
      forScaling(
        gauge(
          'hurricane_response_time_average_milliseconds',
          'Running mean over all finished requests since the start.',
          single(() => sources.load().averageMs),
        ),
      ),
      histogram(
        'hurricane_request_queue_seconds',
        'From the accepted head of a request to its hand-over to the app; not of requests for files.',
        this.#queueTime.read,
      ),
      histogram(
        'hurricane_request_app_seconds',
        'From the hand-over to the app to the end; only requests that the app saw.',
        this.#appTime.read,
      ),
      histogram(
        'hurricane_response_first_byte_seconds',
        'From the accepted head of a request to the head of its answer.',
        this.#firstByteTime.read,
      ),
      histogram('hurricane_request_size_bytes', 'Bytes of request bodies.', this.#requestSize.read),
      histogram(
        'hurricane_response_size_bytes',
        'Bytes of response bodies.',
        this.#responseSize.read,
      ),
    ];
  }
}

function readOutcomes({ completed, shed, aborted, failed }: DrainReport): Sample[] {
  return Object.entries({ completed, shed, aborted, failed }).map(([outcome, value]) => ({
    value,
    labels: { outcome },
  }));
}
