// All metrics that a program with these parts has, for what is generated. No value of them can be read.

import type { Family } from '../src/metrics/family.ts';
import { Metrics } from '../src/metrics/metrics.ts';

export function metricFamilies(...parts: readonly ('requests' | 'messages')[]): readonly Family[] {
  const requests = { load: never, report: never, serves: never, routes: ['/'] };
  const messages = {
    ...{ queue: '', prefetch: 0, inFlight: never, buffered: never },
    ...{ connected: never, consuming: never, blocked: never },
  };
  const { families } = new Metrics({
    requests: parts.includes('requests') ? requests : undefined,
    messages: parts.includes('messages') ? messages : undefined,
    supervises: true,
    webhooksQueued: never,
    logLinesDropped: never,
    metricsSources: [],
    reaper: never,
  });
  return families;
}

function never(): never {
  throw new Error('the value of a metric was read');
}
