import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test, type TestContext } from 'node:test';

import type { ProbeConfig } from '../../src/config/slices/listeners.ts';
import type { ProbeName } from '../../src/core/events.ts';
import type { Answer } from '../../src/probes/health.ts';
import { ProbeServer } from '../../src/probes/probe-server.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { recordedLog } from '../helpers/recorded-log.ts';

const config: ProbeConfig = {
  ...{ listen: undefined, integrated: false, logRequests: false, debug: false },
  ...{ startupPath: '/probe', readinessPath: '/ready', livenessPath: '/alive' },
  metricsPath: '/metrics',
  numbersPath: '/metrics.json',
};
const since = new Date('2026-01-02T03:04:05.678Z');
const answers: Record<ProbeName, Answer> = {
  startup: { passing: true, status: 200, text: 'done', reason: 'up', details: 'done', since },
  readiness: { passing: false, status: 400, text: 'no', reason: 'queue', details: 'no', since },
  liveness: { passing: false, status: 500, text: 'x', reason: 'check', details: 'y', since },
};

async function setUp(
  t: TestContext,
  changes: Partial<ProbeConfig> = {},
  page = (): Promise<string> => Promise.resolve('a_metric 1\n'),
) {
  const log = recordedLog();
  const probes = new ProbeServer({
    config: { ...config, ...changes },
    verdict: (probe) => answers[probe],
    status: () => ({ state: 'not ready', reason: 'lost', requests: 7 }),
    page,
    numbers: () => ({ a_metric: 1.5 }),
    log,
  });
  const { url, port } = await useHttpServer(t, (req, res) => probes.handleAll(req, res));
  return { url, port, log };
}

async function status(url: string, method = 'GET'): Promise<number> {
  const response = await fetch(url, { method });
  await response.arrayBuffer();
  return response.status;
}

test('takes a path literally, with one slash at the end or none', async (t) => {
  const { url } = await setUp(t, { readinessPath: '/a.c' });
  assert.equal(await status(`${url}/probe`), 200);
  assert.equal(await status(`${url}/probe/`), 200);
  assert.equal(await status(`${url}/probe?x=/y`), 200);
  assert.equal(await status(`${url}/probe//`), 404);
  assert.equal(await status(`${url}/Probe`), 404);
  assert.equal(await status(`${url}/a.c`), 400);
  assert.equal(await status(`${url}/abc`), 404);
  assert.equal(await status(`${url}/`), 404);
});

test('answers GET, HEAD and POST alike, and refuses other methods by naming these', async (t) => {
  const { url } = await setUp(t);
  assert.equal(await status(`${url}/ready`, 'POST'), 400);
  const head = await fetch(`${url}/ready`, { method: 'HEAD' });
  assert.equal(head.status, 400);
  assert.equal(await head.text(), '');
  const refused = await fetch(`${url}/ready`, { method: 'DELETE' });
  assert.equal(refused.status, 405);
  assert.equal(refused.headers.get('allow'), 'GET, HEAD, POST');
  assert.equal(await status(`${url}/nowhere`, 'DELETE'), 404);
});

test('answers a request target in absolute form', async (t) => {
  const { port } = await setUp(t);
  const answered = Promise.withResolvers<number | undefined>();
  request({ port, host: '127.0.0.1', path: 'http://pod.example:8001/probe?x' }, (response) => {
    response.resume();
    answered.resolve(response.statusCode);
  }).end();
  assert.equal(await answered.promise, 200);
});

test('answers in text that nobody may cache', async (t) => {
  const { url } = await setUp(t);
  const response = await fetch(`${url}/alive`);
  assert.equal(response.status, 500);
  assert.equal(await response.text(), 'x');
  assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.equal(
    response.headers.get('cache-control'),
    'no-store, no-cache, must-revalidate, max-age=0',
  );
});

test('answers with state and reason to those who accept JSON', async (t) => {
  const { url } = await setUp(t);
  const headers = { accept: 'text/html;q=0.5, application/json' };
  const response = await fetch(`${url}/ready`, { headers });
  assert.equal(response.status, 400);
  assert.match(response.headers.get('cache-control') ?? '', /no-store/);
  assert.deepEqual(await response.json(), {
    ...{ probe: 'readiness', passing: false, status: 400, reason: 'queue', text: 'no' },
    since: '2026-01-02T03:04:05.678Z',
    ...{ state: 'not ready', requests: 7 },
  });
  const alive = (await (await fetch(`${url}/alive`, { headers })).json()) as object;
  assert.ok(!('state' in alive));
});

test('serves the metrics page as Prometheus text, and only where it is wanted', async (t) => {
  const { url } = await setUp(t, { metricsPath: '/metrics1' });
  const response = await fetch(`${url}/metrics1`);
  assert.equal(await response.text(), 'a_metric 1\n');
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.equal(await status(`${url}/metrics`), 404);
  const without = await setUp(t, { metricsPath: undefined, numbersPath: undefined });
  assert.equal(await status(`${without.url}/metrics`), 404);
  assert.equal(await status(`${without.url}/metrics.json`), 404);
});

test('serves the numbers to scale by as JSON that nobody may cache', async (t) => {
  const { url } = await setUp(t);
  const response = await fetch(`${url}/metrics.json`);
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.match(response.headers.get('cache-control') ?? '', /no-store/);
  assert.deepEqual(await response.json(), { a_metric: 1.5 });
});

test('answers 500 and says so when the metrics page cannot be rendered', async (t) => {
  const { url, log } = await setUp(t, {}, () => Promise.reject(new Error('broken')));
  assert.equal(await status(`${url}/metrics`), 500);
  assert.equal(log.lines[0]?.level, 'error');
});

test('logs probe requests only when asked to', async (t) => {
  const quiet = await setUp(t);
  await status(`${quiet.url}/ready`);
  assert.deepEqual(quiet.log.lines, []);
  const loud = await setUp(t, { logRequests: true });
  await status(`${loud.url}/ready?x`);
  assert.deepEqual(loud.log.lines[0]?.fields, {
    ...{ method: 'GET', path: '/ready?x', status: 400, client: '127.0.0.1' },
  });
});
