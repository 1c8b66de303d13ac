import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ProbeName } from '../../../src/core/events.ts';
import { isCongested, judge, requestWords, type HealthState } from '../../../src/probes/judge.ts';

const options = { queueLimit: 10, maxLifetime: 2, debug: false, work: requestWords };
const away = { reason: 'restarting', text: 'the app is being restarted' } as const;
const up: HealthState = {
  draining: false,
  drained: false,
  startupSeconds: 1.25,
  away: undefined,
  failing: { readiness: [], liveness: [] },
  requests: 0,
  averageMs: 0,
  queued: 0,
  congested: false,
};
const broken = [{ name: 'database', text: 'connection refused' }];
const failing = { readiness: broken, liveness: broken };

const table: [string, Partial<HealthState>, startup: string, ready: string, alive: string][] = [
  [
    'start not finished',
    { drained: true, startupSeconds: undefined, failing, requests: 3, congested: true },
    '400 startup is not finished',
    '400 startup is not finished',
    '400 startup is not finished',
  ],
  ['up', {}, '200 Startup was finished 1.25', '200 ready', '200 alive'],
  [
    'up, after traffic',
    { requests: 2, averageMs: 12.345, queued: 3 },
    '200 Startup was finished 1.25',
    '200 ready',
    '200 Average response time: 12.35ms Request queue size: 3 Rx',
  ],
  [
    'drained by the operator, whatever else is wrong with readiness',
    { drained: true, failing: { readiness: broken, liveness: [] }, congested: true },
    '200 Startup was finished 1.25',
    '400 drained by the operator',
    '200 alive',
  ],
  [
    'a readiness check fails',
    { failing: { readiness: broken, liveness: [] }, congested: true },
    '200 Startup was finished 1.25',
    '500 database error',
    '200 alive',
  ],
  [
    'a liveness check fails',
    { failing: { readiness: [], liveness: broken }, requests: 3 },
    '200 Startup was finished 1.25',
    '200 ready',
    '500 database error',
  ],
  [
    'the queue is at its limit',
    { congested: true, queued: 12 },
    '200 Startup was finished 1.25',
    '400 Request queue size: 12 limit: 10',
    '200 alive',
  ],
  [
    'more requests than the lifetime allows',
    { requests: 3 },
    '200 Startup was finished 1.25',
    '200 ready',
    '400 Requests: 3 max lifetime: 2',
  ],
  [
    'no app serves, whatever its checks say',
    { away, failing, requests: 3, congested: true },
    '200 Startup was finished 1.25',
    '400 the app is being restarted',
    '200 Average response time: 0.00ms Request queue size: 0 Rx',
  ],
  [
    'draining, whatever else is wrong',
    {
      ...{ draining: true, drained: true, away, failing },
      ...{ requests: 3, averageMs: 1, congested: true },
    },
    '200 Startup was finished 1.25',
    '400 draining',
    '200 Average response time: 1.00ms Request queue size: 0 Rx',
  ],
];

for (const [state, change, startup, readiness, liveness] of table) {
  test(`answers by the truth table: ${state}`, () => {
    const answer = (probe: ProbeName): string => {
      const { status, text, passing } = judge(probe, { ...up, ...change }, options);
      assert.equal(passing, status === 200);
      return `${status} ${text}`;
    };
    assert.deepEqual(
      [answer('startup'), answer('readiness'), answer('liveness')],
      [startup, readiness, liveness],
    );
  });
}

test('names each failing check once, with its text only in debug mode', () => {
  const checks = [
    { name: undefined, text: 'one' },
    { name: undefined, text: 'two' },
    { name: 'cache', text: 'three' },
  ];
  const state = { ...up, failing: { readiness: checks, liveness: [] } };
  const quiet = judge('readiness', state, options);
  const loud = judge('readiness', state, { ...options, debug: true });
  assert.equal(quiet.text, 'check error\ncache error');
  assert.equal(loud.text, 'check error: one\ncheck error: two\ncache error: three');
  assert.equal(quiet.details, loud.text);
});

test('is congested from the limit on, and until 80 % of it, rounded down', () => {
  assert.equal(isCongested(9, 10, false), false);
  assert.equal(isCongested(10, 10, false), true);
  assert.equal(isCongested(9, 10, true), true);
  assert.equal(isCongested(8, 10, true), false);
  assert.equal(isCongested(4, 6, true), false);
  assert.equal(isCongested(5, 6, true), true);
  assert.equal(isCongested(0, 1, true), false);
});

test('is always congested with a limit of 0', () => {
  assert.equal(isCongested(0, 0, false), true);
  assert.equal(isCongested(0, 0, true), true);
});

test('says to people what the short texts of the original mean', () => {
  const details = (probe: ProbeName, change: Partial<HealthState>): string =>
    judge(probe, { ...up, ...change }, options).details;
  assert.equal(
    details('liveness', { requests: 3 }),
    'the app has served 3 requests, more than its lifetime of 2 (--max-lifetime)',
  );
  assert.equal(
    details('readiness', { congested: true, queued: 9 }),
    '9 requests wait for their answer: not ready from 10 on (--req-queue-len) until 8 are left',
  );
  assert.equal(
    details('liveness', { requests: 1, averageMs: 12.345, queued: 3 }),
    'alive: the app answers in 12.35 ms on average, 3 requests wait for their answer',
  );
});
