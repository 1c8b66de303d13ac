import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { HurricaneEvent } from '../../../src/core/events.ts';
import { bodyOf, edgeOf, type Webhook } from '../../../src/webhooks/payload.ts';

const webhook: Webhook = {
  ...{ type: 'startup', status: 'failed', reason: 'why', previous: null, traceback: null },
  ...{ id: 'an-id', sequence: 3, timestamp: 1_700_000_000, podname: 'pod-1', version: null },
};

test('has the keys of the original first, in its order, then ours', () => {
  assert.equal(
    bodyOf(webhook, 2),
    '{"info":"Startup webhook","type":"startup","traceback":null,"status":"failed",' +
      '"timestamp":1700000000,"podname":"pod-1","version":null,' +
      '"id":"an-id","sequence":3,"reason":"why","previous":null,"attempt":2}',
  );
});

test('names its type in words', () => {
  const info = (type: Webhook['type']): unknown =>
    (JSON.parse(bodyOf({ ...webhook, type }, 1)) as { info: string }).info;
  assert.equal(info('liveness'), 'Liveness webhook');
  assert.equal(info('readiness'), 'Readiness webhook');
});

const ended = { pid: 7, exit_code: 143, ending: 'was ended by SIGTERM' };
const report = {
  ...{ accepted: 9, completed: 8, shed: 0, aborted: 0, failed: 0 },
  ...{ longestMs: 5, duration_ms: 1200 },
  during_stop: { in_hand: 2, accepted: 1, completed: 3, shed: 0, aborted: 0, failed: 0 },
};

const table: [title: string, event: HurricaneEvent, expected: object | undefined][] = [
  [
    'a failed start, with the output of what failed',
    {
      name: 'startup.failed',
      data: { status: 'failed', reason: 'exited with code 3', output: 'no table' },
    },
    { type: 'startup', status: 'failed', reason: 'exited with code 3', traceback: 'no table' },
  ],
  [
    'a failed start without output, with its reason',
    {
      name: 'startup.failed',
      data: { status: 'failed', reason: 'the app is not up', output: undefined },
    },
    { type: 'startup', status: 'failed', traceback: 'the app is not up' },
  ],
  [
    'the first edge of a probe',
    {
      name: 'probe.changed',
      data: { probe: 'startup', passing: true, previous: undefined, reason: 'done', text: 'done' },
    },
    { type: 'startup', status: 'succeeded', previous: null, traceback: null },
  ],
  [
    'a later edge of a probe',
    {
      name: 'probe.changed',
      data: {
        probe: 'readiness',
        passing: false,
        previous: true,
        reason: 'draining',
        text: 'draining',
      },
    },
    { type: 'readiness', status: 'failed', previous: 'succeeded', reason: 'draining' },
  ],
  [
    'an app that ended when asked to',
    { name: 'app.ended', data: { ...ended, expected: true, killed: false } },
    { type: 'app', status: 'succeeded', reason: 'the app was ended by SIGTERM' },
  ],
  [
    'an app that ended by itself',
    { name: 'app.ended', data: { ...ended, expected: false, killed: false } },
    { type: 'app', status: 'failed' },
  ],
  [
    'an app that had to be killed',
    { name: 'app.ended', data: { ...ended, expected: true, killed: true } },
    { type: 'app', status: 'failed', reason: 'the app had to be killed' },
  ],
  [
    'a drain without loss',
    { name: 'drain.ended', data: { ...report, forced: 0 } },
    { type: 'drain', status: 'succeeded' },
  ],
  [
    'a drain that cut something',
    { name: 'drain.ended', data: { ...report, forced: 1 } },
    { type: 'drain', status: 'failed', reason: '1 of 3 requests were cut, the drain took 1200 ms' },
  ],
  [
    'nothing about a success that a probe tells anyway',
    { name: 'startup.succeeded', data: { duration_s: 1 } },
    undefined,
  ],
];

for (const [title, event, expected] of table) {
  test(`tells ${title}`, () => {
    const edge = edgeOf(event);
    if (expected === undefined) assert.equal(edge, undefined);
    else assert.deepEqual({ ...edge, ...expected }, edge);
  });
}
