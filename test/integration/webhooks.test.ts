import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';

import type { WebhookConfig } from '../../src/config/slices/observation.ts';
import { Deadline } from '../../src/core/deadline.ts';
import type { EventMap, HurricaneEvent } from '../../src/core/events.ts';
import { WebhookSender } from '../../src/webhooks/webhook-sender.ts';
import { usePort } from '../helpers/port.ts';
import { recordedLog } from '../helpers/recorded-log.ts';
import { useWebhookSink, type SinkAnswer, type WebhookSink } from '../helpers/webhook-sink.ts';

/** Answers each webhook with the next of `answers`, and with the last one for ever. */
function useSink(t: TestContext, ...answers: SinkAnswer[]): Promise<WebhookSink> {
  return useWebhookSink(t, (_delivery, n) => answers[Math.min(n, answers.length - 1)] ?? 200);
}

interface Failure {
  readonly reason: string;
  readonly final: boolean;
}

function makeSender(t: TestContext, urls: readonly string[], changes: Partial<WebhookConfig> = {}) {
  const delivered: string[] = [];
  const failures: Failure[] = [];
  let changed = Promise.withResolvers<undefined>();
  const log = recordedLog();
  const sender = new WebhookSender({
    config: {
      receivers: urls.map((url) => ({ url, types: undefined })),
      types: [],
      ...{ timeoutMs: 2000, secret: undefined, appVersion: undefined },
      ...changes,
    },
    podname: 'pod-1',
    env: {},
    cwd: '/',
    log,
    emit: (name, data) => {
      if (name === 'webhook.delivered') delivered.push((data as EventMap['webhook.delivered']).id);
      if (name === 'webhook.failed') failures.push(data as EventMap['webhook.failed']);
      changed.resolve(undefined);
      changed = Promise.withResolvers();
    },
  });
  t.after(() => sender.stop(Deadline.after(0)));
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await changed.promise;
  };
  return { sender, delivered, failures, log, until };
}

function edge(probe: 'startup' | 'readiness' | 'liveness', passing = true): HurricaneEvent {
  return {
    name: 'probe.changed',
    data: { probe, passing, previous: !passing, reason: 'a reason', text: 'a reason' },
  };
}

test('posts each edge to every receiver under one id, in order', async (t) => {
  const methods: (string | undefined)[] = [];
  const answer = (res: ServerResponse): void => {
    methods.push(res.req.method);
    res.writeHead(202).end();
  };
  const sinks = [await useSink(t, answer), await useSink(t, 204)];
  const { sender, delivered, until } = makeSender(
    t,
    sinks.map(({ url }) => `${url}hook?a=b`),
    { appVersion: '1.2.3' },
  );
  sender.observe(edge('startup'));
  sender.observe(edge('liveness'));
  sender.observe(edge('readiness', false));
  await until(() => delivered.length === 6);
  assert.equal(sender.queued, 0);
  assert.deepEqual(methods, ['POST', 'POST', 'POST']);
  for (const { deliveries } of sinks) {
    assert.ok(deliveries.every(({ path }) => path === '/hook?a=b'));
    assert.deepEqual(
      deliveries.map(({ payload }) => [
        payload['type'],
        payload['status'],
        payload['sequence'],
        payload['attempt'],
      ]),
      [
        ['startup', 'succeeded', 1, 1],
        ['liveness', 'succeeded', 2, 1],
        ['readiness', 'failed', 3, 1],
      ],
    );
    assert.equal(deliveries[0]?.headers['content-type'], 'application/json');
    assert.equal(deliveries[0].payload['podname'], 'pod-1');
    assert.equal(deliveries[0].payload['version'], '1.2.3');
  }
  const ids = sinks.map(({ deliveries }) => deliveries.map(({ payload }) => payload['id']));
  assert.deepEqual(ids[0], ids[1]);
  assert.equal(new Set(ids[0]).size, 3);
});

test('repeats under the same id after 500, 429, a reset and a hang, and later ones wait', async (t) => {
  const sink = await useSink(t, 500, 429, 'reset', 'hang', 200);
  const { sender, delivered, failures, until } = makeSender(t, [sink.url], { timeoutMs: 300 });
  sender.observe(edge('readiness', false));
  sender.observe(edge('readiness', true));
  await until(() => failures.length === 1);
  // A flush only shortens the waits.
  await sender.stop(Deadline.after(20_000));
  assert.equal(delivered.length, 2);
  assert.deepEqual(
    sink.deliveries.map(({ payload }) => [payload['sequence'], payload['attempt']]),
    [...[1, 2, 3, 4, 5].map((attempt) => [1, attempt]), [2, 1]],
  );
  assert.equal(new Set(sink.deliveries.map(({ payload }) => payload['id'])).size, 2);
  assert.deepEqual(
    failures.map(({ final }) => final),
    [false, false, false, false],
  );
  assert.equal(failures[3]?.reason, 'no answer within 300 ms');
});

test('tries again by itself, without anybody stopping', async (t) => {
  const sink = await useSink(t, 503, 200);
  const { sender, delivered, until } = makeSender(t, [sink.url]);
  sender.observe(edge('startup'));
  await until(() => delivered.length === 1);
  assert.equal(sink.deliveries.length, 2);
});

test('waits as long as the receiver asks before it tries again', async (t) => {
  const sink = await useSink(t, (res) => res.writeHead(429, { 'retry-after': '1' }).end(), 200);
  const { sender, delivered, failures, until } = makeSender(t, [sink.url]);
  sender.observe(edge('startup'));
  await until(() => failures.length === 1);
  const refusedAt = performance.now();
  await until(() => delivered.length === 1);
  assert.ok(performance.now() - refusedAt >= 990);
});

test('gives up after a 404, goes on with the next, and says what to check', async (t) => {
  const sink = await useSink(t, 404, 200);
  const { sender, delivered, failures, until } = makeSender(t, [sink.url]);
  sender.observe(edge('startup'));
  sender.observe(edge('readiness'));
  await until(() => delivered.length === 1);
  assert.deepEqual(
    failures.map(({ reason, final }) => ({ reason, final })),
    [{ reason: 'HTTP 404: check the path of --webhook-url', final: true }],
  );
  assert.deepEqual(
    sink.deliveries.map(({ payload }) => payload['type']),
    ['startup', 'readiness'],
  );
});

test('never follows a redirect', async (t) => {
  const elsewhere = await useSink(t, 200);
  const sink = await useSink(t, (res) => res.writeHead(307, { location: elsewhere.url }).end());
  const { sender, failures, until } = makeSender(t, [sink.url]);
  sender.observe(edge('startup'));
  await until(() => failures.length === 1);
  assert.match(failures[0]?.reason ?? '', /^HTTP 307: it redirects to http:/);
  await sender.stop(Deadline.after(1000));
  assert.equal(elsewhere.deliveries.length, 0);
});

test('takes the head of an answer as delivered, even when its body never ends', async (t) => {
  const sink = await useSink(t, (res) => void res.writeHead(200).write('and then'));
  const { sender, delivered, until } = makeSender(t, [sink.url], { timeoutMs: 200 });
  sender.observe(edge('startup'));
  await until(() => delivered.length === 1);
  assert.equal(sink.deliveries.length, 1);
});

test('sends a receiver only the types it asked for', async (t) => {
  const sink = await useSink(t, 200);
  const { sender, delivered, until } = makeSender(t, [], {
    receivers: [{ url: sink.url, types: ['readiness'] }],
  });
  sender.observe(edge('startup'));
  sender.observe(edge('readiness'));
  await until(() => delivered.length === 1);
  assert.deepEqual(
    sink.deliveries.map(({ payload }) => payload['type']),
    ['readiness'],
  );
});

test('signs the body, and sends the credentials of the URL', async (t) => {
  const sink = await useSink(t, 200);
  const url = sink.url.replace('://', '://me:pw@');
  const { sender, delivered, until } = makeSender(t, [url], { secret: 'shared' });
  sender.observe(edge('startup'));
  await until(() => delivered.length === 1);
  const [delivery] = sink.deliveries;
  assert.ok(delivery);
  const { headers, body } = delivery;
  const [, seconds = '', mac] =
    /^t=(\d+),sha256=([0-9a-f]{64})$/.exec(String(headers['x-hurricane-signature'])) ?? [];
  const expected = createHmac('sha256', 'shared').update(`${seconds}.${body}`).digest('hex');
  assert.equal(mac, expected);
  assert.equal(headers.authorization, `Basic ${btoa('me:pw')}`);
});

test('tells a receiver that is not there, without its credentials or path', async (t) => {
  const port = await usePort();
  const { sender, failures, until } = makeSender(t, [`http://me:pw@127.0.0.1:${port}/token`]);
  sender.observe(edge('startup'));
  await until(() => failures.length === 1);
  assert.deepEqual(
    { ...failures[0], id: '' },
    {
      ...{ type: 'startup', id: '', url: `http://127.0.0.1:${port}/…`, attempt: 1 },
      ...{ reason: 'connection refused', final: false },
    },
  );
});

test('delivers what waits before it stops, in the midst of a long wait', async (t) => {
  const sink = await useSink(t, (res) => res.writeHead(503, { 'retry-after': '60' }).end(), 200);
  const { sender, delivered, failures, until } = makeSender(t, [sink.url]);
  sender.observe(edge('startup', false));
  await until(() => failures.length === 1);
  sender.observe(edge('readiness', false));
  await sender.stop(Deadline.after(5000));
  assert.equal(delivered.length, 2);
  assert.equal(sender.queued, 0);
});

test('stops at the deadline, and says how many stayed undelivered', async (t) => {
  const sink = await useSink(t, 'hang');
  const { sender, failures, log } = makeSender(t, [sink.url]);
  sender.observe(edge('startup', false));
  sender.observe(edge('readiness', false));
  await sink.receives(() => true);
  const startedAt = performance.now();
  await sender.stop(Deadline.after(300));
  assert.ok(performance.now() - startedAt < 1500);
  assert.deepEqual(
    failures.map(({ final }) => final),
    [true, true],
  );
  assert.deepEqual(log.lines[0]?.fields, { undelivered: 2 });
  sender.observe(edge('liveness'));
  assert.equal(sender.queued, 0);
});

test('names the last failure of what it gives up, which the end of the time did not cause', async (t) => {
  const sink = await useSink(t, 500, 'hang');
  const { sender, failures, until } = makeSender(t, [sink.url]);
  sender.observe(edge('startup', false));
  await until(() => failures.length === 1);
  await sender.stop(Deadline.after(300));
  assert.deepEqual(
    failures.map(({ reason }) => reason),
    ['HTTP 500', 'the time to deliver it is over, the last attempt: HTTP 500'],
  );
});

test('keeps at most 1000 waiting, and gives up the oldest of them', async (t) => {
  const sink = await useSink(t, 'hang');
  const { sender, failures } = makeSender(t, [sink.url], { timeoutMs: 60_000 });
  for (let count = 0; count < 1002; count += 1) sender.observe(edge('readiness'));
  await sink.receives(() => true);
  assert.equal(sender.queued, 1000);
  assert.deepEqual(
    failures.map(({ reason, final }) => [reason, final]),
    Array(2).fill(['1000 webhooks wait already', true]),
  );
});
