import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { RequestRecord } from '../../../src/core/request-record.ts';
import { Metrics, type MetricSources } from '../../../src/metrics/metrics.ts';
import { consumingMetrics, routeMetrics, servingMetrics } from '../../helpers/metric-names.ts';

const ledger = {
  ...{ accepted: 9, completed: 2, shed: 1, aborted: 1, failed: 1 },
  ...{ forced: 0, longestMs: 80 },
};

const messages: MetricSources['messages'] = {
  ...{ queue: 'jobs', prefetch: 8, inFlight: () => 3, buffered: () => 5 },
  ...{ connected: () => true, consuming: () => true, blocked: () => false },
};

interface Made {
  readonly routes?: readonly string[];
  readonly messages?: MetricSources['messages'];
}

function makeMetrics({ routes = [], messages: given }: Made = {}): Metrics {
  return new Metrics({
    requests: {
      load: () => ({ active: 4, queued: 3, finished: 5, averageMs: 12.5 }),
      report: () => ledger,
      serves: (kind) => kind === 'media',
      routes,
    },
    messages: given,
    supervises: true,
    webhooksQueued: () => 2,
    logLinesDropped: () => 7,
    metricsSources: ['app-metrics'],
    reaper: () => ({
      ...{ mode: 'ffi' as const, reaped: 6 },
      countZombies: () => ({ orphans: 1, others: 2 }),
    }),
  });
}

const request: RequestRecord = {
  ...{ method: 'GET', target: '/secret?token=1', status: 200, outcome: 'completed' },
  ...{ fault: undefined, queueMs: 2, appMs: 40, ttfbMs: 30, durationMs: 42 },
  ...{ requestBytes: 0, responseBytes: 4096, requestId: 'r', traceparent: 't' },
  ...{ clientAddress: '127.0.0.1', upgraded: false },
  fromFiles: false,
};

async function lines(metrics: Metrics, start: string): Promise<string[]> {
  const page = await metrics.page();
  return page.split('\n').filter((line) => line.startsWith(start));
}

test('has the families that are written down, on the page too', async () => {
  const typesOf = ({ families }: Metrics) =>
    Object.fromEntries(families.map(({ name, type }) => [name, type]));
  assert.deepEqual(typesOf(makeMetrics()), servingMetrics);
  const shown = [...(await makeMetrics().page()).matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  assert.deepEqual(
    shown.map(([, name, type]) => [name, type]),
    Object.entries(servingMetrics),
  );
  assert.deepEqual(typesOf(makeMetrics({ messages, routes: ['/a'] })), {
    ...servingMetrics,
    ...consumingMetrics,
    ...routeMetrics,
  });
});

test('shows every family with a help text, and only names of its own', async () => {
  for (const { name, help } of makeMetrics().families) {
    assert.match(name, /^hurricane_[a-z_]+$/);
    assert.match(help, /^[A-Z0-9].*\.$/);
  }
  assert.ok((await makeMetrics().page()).endsWith('\n'));
});

test('tells by name what a replica has to do, as far as it is on the page', () => {
  const metrics = makeMetrics({ messages });
  const numbers = {
    hurricane_requests_in_flight: 1,
    hurricane_requests_queued: 3,
    hurricane_response_time_average_milliseconds: 12.5,
    hurricane_consumer_in_flight: 3,
    hurricane_consumer_buffered: 5,
  };
  assert.deepEqual(metrics.numbers(), numbers);
  metrics.remove('hurricane_requests_queued');
  assert.ok(!('hurricane_requests_queued' in metrics.numbers()));
});

test('counts requests from 0 by method and class of status', async () => {
  const metrics = makeMetrics();
  const counted = 'hurricane_requests_total{method="GET",code="2xx"}';
  assert.deepEqual(await lines(metrics, counted), [`${counted} 0`]);
  metrics.recordRequest(request);
  assert.deepEqual(await lines(metrics, counted), [`${counted} 1`]);
});

test('keeps invented methods, unsent answers and odd statuses in closed sets', async () => {
  const metrics = makeMetrics();
  metrics.recordRequest({ ...request, method: 'BREW', status: 0, ttfbMs: undefined });
  metrics.recordRequest({ ...request, method: 'BREW', status: 999 });
  const others = await lines(metrics, 'hurricane_requests_total{method="other"');
  assert.deepEqual(
    others.filter((line) => !line.endsWith(' 0')),
    [
      'hurricane_requests_total{method="other",code="none"} 1',
      'hurricane_requests_total{method="other",code="5xx"} 1',
    ],
  );
  assert.doesNotMatch(await metrics.page(), /BREW|secret/);
});

test('shows a ledger that balances', async () => {
  const page = await makeMetrics().page();
  const value = (series: string): number => {
    const line = page.split('\n').find((candidate) => candidate.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1));
  };
  const outcomes = ['completed', 'shed', 'aborted', 'failed'].map((outcome) =>
    value(`hurricane_requests_finished_total{outcome="${outcome}"}`),
  );
  const inHand = value('hurricane_requests_in_flight') + value('hurricane_requests_queued');
  const sum = outcomes.reduce((total, count) => total + count, inHand);
  assert.equal(sum, value('hurricane_requests_accepted_total'));
  assert.equal(value('hurricane_response_time_average_milliseconds'), 12.5);
});

test('sorts values into cumulative buckets, a bound included', async () => {
  const metrics = makeMetrics();
  metrics.recordRequest(request);
  metrics.recordRequest({ ...request, responseBytes: 4097 });
  metrics.recordRequest({ ...request, responseBytes: 1e12 });
  const buckets = await lines(metrics, 'hurricane_response_size_bytes');
  assert.ok(buckets.includes('hurricane_response_size_bytes_bucket{le="1024"} 0'));
  assert.ok(buckets.includes('hurricane_response_size_bytes_bucket{le="4096"} 1'));
  assert.ok(buckets.includes('hurricane_response_size_bytes_bucket{le="16384"} 2'));
  assert.ok(buckets.includes('hurricane_response_size_bytes_bucket{le="+Inf"} 3'));
  assert.ok(buckets.includes('hurricane_response_size_bytes_count 3'));
});

test('measures the app only on requests that it saw', async () => {
  const metrics = makeMetrics();
  metrics.recordRequest(request);
  metrics.recordRequest({ ...request, outcome: 'shed', status: 503, appMs: 0, ttfbMs: undefined });
  assert.deepEqual(await lines(metrics, 'hurricane_request_app_seconds_count'), [
    'hurricane_request_app_seconds_count 1',
  ]);
  assert.deepEqual(await lines(metrics, 'hurricane_request_app_seconds_sum'), [
    'hurricane_request_app_seconds_sum 0.04',
  ]);
  assert.deepEqual(await lines(metrics, 'hurricane_response_first_byte_seconds_count'), [
    'hurricane_response_first_byte_seconds_count 1',
  ]);
});

test('tells version and ports, the own port of the probes included', async () => {
  const metrics = makeMetrics();
  const host = '::';
  metrics.observe({ name: 'hurricane.started', data: { version: '1.2.3', command: 'node' } });
  metrics.observe({ name: 'listener.bound', data: { listener: 'app', host, port: 8010 } });
  const rest = 'serve_static="false",serve_media="true"} 1';
  assert.deepEqual(await lines(metrics, 'hurricane_info'), [
    `hurricane_info{version="1.2.3",server_port="8010",probe_port="8010",${rest}`,
  ]);
  metrics.observe({ name: 'listener.bound', data: { listener: 'probe', host, port: 8090 } });
  assert.deepEqual(await lines(metrics, 'hurricane_info'), [
    `hurricane_info{version="1.2.3",server_port="8010",probe_port="8090",${rest}`,
  ]);
});

test('follows probes, checks and webhooks by their events', async () => {
  const metrics = makeMetrics();
  assert.deepEqual(await lines(metrics, 'hurricane_startup_duration_seconds'), []);
  metrics.observe({ name: 'startup.succeeded', data: { duration_s: 1.5 } });
  metrics.observe({
    name: 'probe.changed',
    data: {
      probe: 'readiness',
      passing: true,
      previous: undefined,
      reason: 'ready',
      text: 'ready',
    },
  });
  const check = 'database';
  metrics.observe({ name: 'check.ran', data: { check, passing: false, duration_ms: 250 } });
  metrics.observe({
    name: 'check.changed',
    data: { check, passing: false, tags: ['readiness'], text: 'refused' },
  });
  const webhook = { type: 'startup', id: 'a', url: 'http://x/…', reason: 'HTTP 500' };
  metrics.observe({ name: 'webhook.failed', data: { ...webhook, attempt: 1, final: false } });
  metrics.observe({ name: 'webhook.failed', data: { ...webhook, attempt: 2, final: true } });
  const page = await metrics.page();
  for (const line of [
    'hurricane_startup_duration_seconds 1.5',
    'hurricane_probe_state{probe="startup"} 0',
    'hurricane_probe_state{probe="readiness"} 1',
    'hurricane_check_state{check="database"} 0',
    'hurricane_check_runs_total{check="database",result="fail"} 1',
    'hurricane_check_duration_seconds_sum{check="database"} 0.25',
    'hurricane_check_duration_seconds_count{check="database"} 1',
    'hurricane_webhooks_failed_total{type="startup"} 2',
    'hurricane_webhooks_undelivered_total{type="startup"} 1',
    'hurricane_webhooks_queued 2',
    'hurricane_log_lines_dropped_total 7',
  ]) {
    assert.ok(page.includes(`\n${line}\n`), line);
  }
});

test('counts requests by the first route that matches, and all others as one', async () => {
  const metrics = makeMetrics({ routes: ['/orders/new', '/orders/{id}'] });
  assert.deepEqual(await lines(metrics, 'hurricane_route_'), []);
  const targets = ['/orders/new', '/orders/7?x', '/orders/8/', '/nowhere', '/orders/7/items', '-'];
  for (const target of targets) metrics.recordRequest({ ...request, target });
  metrics.recordRequest({ ...request, method: 'BREW', target: '/orders/9', status: 502 });
  const page = await lines(metrics, 'hurricane_route_');
  assert.deepEqual(
    page.filter((line) => line.startsWith('hurricane_route_requests_total')),
    [
      'hurricane_route_requests_total{route="/orders/new",method="GET",code="2xx"} 1',
      'hurricane_route_requests_total{route="/orders/{id}",method="GET",code="2xx"} 2',
      'hurricane_route_requests_total{route="/orders/{id}",method="other",code="5xx"} 1',
      'hurricane_route_requests_total{route="other",method="GET",code="2xx"} 3',
    ],
  );
  assert.ok(page.includes('hurricane_route_app_seconds_count{route="/orders/{id}"} 3'));
});

test('has no more series than the routes allow, whatever clients ask for', async () => {
  const metrics = makeMetrics({ routes: ['/a'] });
  for (let n = 0; n < 5000; n += 1) {
    const target = n % 2 === 0 ? `/a?${n}` : `/${n}`;
    metrics.recordRequest({ ...request, method: `M${n}`, target, status: n % 1000 });
  }
  const series = await lines(metrics, 'hurricane_route_requests_total{');
  assert.equal(series.length, 2 * 6);
});
