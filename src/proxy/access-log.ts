// One line per finished request.

import type { AccessLog as Mode } from '../config/slices/proxy.ts';
import type { Log } from '../core/log.ts';
import type { RequestRecord } from '../core/request-record.ts';

/**
 * `errors` keeps what failed, was refused by us, or was answered with 5xx. What was lost is named
 * in every mode, as a warning: nobody else knows that it may have been processed, or may not.
 */
export class AccessLog {
  readonly #log: Log;
  readonly #mode: Mode;

  constructor(log: Log, mode: Mode) {
    this.#log = log;
    this.#mode = mode;
  }

  write(record: RequestRecord): void {
    const lost = isLost(record);
    if (!lost && !this.#keeps(record)) return;
    this.#log[lost ? 'warn' : 'info'](
      {
        method: record.method,
        target: record.target,
        status: record.status,
        outcome: record.outcome,
        fault: record.fault,
        client: record.clientAddress,
        request_id: record.requestId,
        traceparent: record.traceparent,
        duration_ms: round(record.durationMs),
        queue_ms: round(record.queueMs),
        app_ms: round(record.appMs),
        request_bytes: record.requestBytes,
        response_bytes: record.responseBytes,
        from_files: record.fromFiles || undefined,
        upgraded: record.upgraded || undefined,
      },
      'request',
    );
  }

  #keeps(record: RequestRecord): boolean {
    return this.#mode === 'all' || (this.#mode === 'errors' && isError(record));
  }
}

/** The app had it, and there was no whole answer: the app ended the connection, or our stop cut it. */
function isLost({ fault, outcome }: RequestRecord): boolean {
  if (fault === 'stopped') return outcome === 'failed';
  return fault === 'app-reset' || fault === 'app-truncated';
}

function isError({ status, fault }: RequestRecord): boolean {
  return fault !== undefined || status >= 500;
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
