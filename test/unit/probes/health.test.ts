import assert from 'node:assert/strict';
import { mock, test, type TestContext } from 'node:test';

import type { EventMap } from '../../../src/core/events.ts';
import { Health } from '../../../src/probes/health.ts';
import { requestWords } from '../../../src/probes/judge.ts';

interface Setup {
  queueLimit?: number;
  maxLifetime?: number;
}

function setUp(t: TestContext, { queueLimit = 10, maxLifetime }: Setup = {}) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  t.after(() => mock.timers.reset());
  const load = { active: 0, queued: 0, finished: 0, averageMs: 0 };
  const edges: string[] = [];
  const health = new Health({
    config: { queueLimit, maxLifetime },
    debug: false,
    work: requestWords,
    load: () => load,
    onChange: () => undefined,
    emit: (_name, data) => {
      const { probe, passing, previous } = data as EventMap['probe.changed'];
      edges.push(`${probe} ${String(previous)} → ${String(passing)}`);
    },
  });
  t.after(() => health.stop());
  const setQueue = (queued: number): void => {
    load.queued = queued;
    health.loadChanged();
  };
  return { health, load, edges, setQueue, takeEdges: () => edges.splice(0) };
}

const broken = [{ name: undefined, text: 'no answer' }];

test('tells nothing before startup is finished, then the first edge of each probe', (t) => {
  const { health, edges, setQueue } = setUp(t);
  health.checksChanged('readiness', broken);
  health.checksChanged('readiness', []);
  setQueue(50);
  setQueue(0);
  assert.deepEqual(edges, []);
  assert.equal(health.verdict('liveness').status, 400);
  health.startupFinished(1);
  assert.deepEqual(edges, [
    'startup undefined → true',
    'liveness undefined → true',
    'readiness undefined → true',
  ]);
});

test('starts as not ready when a check already fails', (t) => {
  const { health, edges } = setUp(t);
  health.checksChanged('readiness', broken);
  health.startupFinished(1);
  assert.ok(edges.includes('readiness undefined → false'));
  assert.equal(health.verdict('readiness').text, 'check error');
});

test('stays not ready between 80 % and the limit, and tells each edge once', (t) => {
  const { health, setQueue, takeEdges } = setUp(t);
  health.startupFinished(1);
  mock.timers.tick(1000);
  takeEdges();
  for (const queued of [9, 10, 11, 10, 9]) setQueue(queued);
  mock.timers.tick(5000);
  assert.deepEqual(takeEdges(), ['readiness true → false']);
  assert.equal(health.verdict('readiness').text, 'Request queue size: 9 limit: 10');
  setQueue(8);
  assert.deepEqual(takeEdges(), ['readiness false → true']);
});

test('keeps readiness for a second after it changed, then shows what is true', (t) => {
  const { health, setQueue, takeEdges } = setUp(t);
  health.startupFinished(1);
  mock.timers.tick(1000);
  takeEdges();
  setQueue(10);
  setQueue(0);
  mock.timers.tick(999);
  assert.equal(health.verdict('readiness').status, 400);
  assert.deepEqual(takeEdges(), ['readiness true → false']);
  mock.timers.tick(1);
  assert.equal(health.verdict('readiness').status, 200);
  assert.deepEqual(takeEdges(), ['readiness false → true']);
});

test('forgets a change that was undone within the dwell', (t) => {
  const { health, setQueue, takeEdges } = setUp(t);
  health.startupFinished(1);
  takeEdges();
  setQueue(10);
  assert.equal(health.verdict('readiness').status, 200);
  setQueue(0);
  mock.timers.tick(10_000);
  assert.deepEqual(takeEdges(), []);
});

test('drains at once, within the dwell too, and for good', (t) => {
  const { health, edges, setQueue } = setUp(t);
  health.startupFinished(1);
  health.drainStarted();
  assert.equal(health.verdict('readiness').text, 'draining');
  assert.equal(edges.at(-1), 'readiness true → false');
  setQueue(20);
  setQueue(0);
  health.checksChanged('readiness', broken);
  health.checksChanged('liveness', broken);
  mock.timers.tick(10_000);
  assert.equal(health.verdict('readiness').text, 'draining');
  assert.equal(health.verdict('liveness').status, 200);
  assert.equal(edges.at(-1), 'readiness true → false');
});

test('tells nothing when it drains before startup was finished', (t) => {
  const { health, edges } = setUp(t);
  health.drainStarted();
  assert.deepEqual(edges, []);
  assert.equal(health.verdict('readiness').text, 'draining');
});

test('is never ready with a queue limit of 0, and says so exactly once', (t) => {
  const { health, edges, setQueue } = setUp(t, { queueLimit: 0 });
  health.startupFinished(1);
  for (const queued of [1, 0, 5, 0]) setQueue(queued);
  mock.timers.tick(10_000);
  health.drainStarted();
  assert.equal(health.verdict('readiness').status, 400);
  assert.deepEqual(
    edges.filter((edge) => edge.startsWith('readiness')),
    ['readiness undefined → false'],
  );
});

test('fails liveness with an edge above the maximum lifetime, not at it', (t) => {
  const { health, load, takeEdges } = setUp(t, { maxLifetime: 2 });
  health.startupFinished(1);
  takeEdges();
  load.finished = 2;
  health.loadChanged();
  assert.equal(health.verdict('liveness').status, 200);
  load.finished = 3;
  health.loadChanged();
  assert.equal(health.verdict('liveness').status, 400);
  assert.deepEqual(takeEdges(), ['liveness true → false']);
});

test('follows the operator at once, within the dwell too', (t) => {
  const { health, setQueue, takeEdges } = setUp(t);
  health.startupFinished(1);
  takeEdges();
  health.setDrained(true);
  assert.equal(health.verdict('readiness').text, 'drained by the operator');
  assert.equal(health.verdict('liveness').status, 200);
  health.setDrained(true);
  health.setDrained(false);
  assert.equal(health.verdict('readiness').text, 'ready');
  assert.deepEqual(takeEdges(), ['readiness true → false', 'readiness false → true']);
  mock.timers.tick(1000);
  setQueue(10);
  health.setDrained(true);
  setQueue(0);
  health.setDrained(false);
  assert.deepEqual(takeEdges(), ['readiness true → false', 'readiness false → true']);
});

test('is not ready exactly while no app serves, within the dwell too', (t) => {
  const { health, takeEdges } = setUp(t);
  health.startupFinished(1);
  takeEdges();
  health.setAway({ reason: 'restarting', text: 'the app is being restarted' });
  assert.equal(health.verdict('readiness').text, 'the app is being restarted');
  assert.deepEqual(takeEdges(), ['readiness true → false']);
  health.setAway(undefined);
  assert.deepEqual(takeEdges(), ['readiness false → true']);
});

test('knows since when a probe fails for its reason', (t) => {
  const { health } = setUp(t);
  health.startupFinished(1);
  mock.timers.tick(5000);
  health.checksChanged('readiness', broken);
  assert.equal(health.verdict('readiness').since.getTime(), 5000);
  mock.timers.tick(5000);
  health.checksChanged('readiness', [...broken, ...broken]);
  assert.equal(health.verdict('readiness').since.getTime(), 5000);
  health.setDrained(true);
  assert.equal(health.verdict('readiness').since.getTime(), 10_000);
});

test('leaves no timer after stop', (t) => {
  const { health, setQueue, takeEdges } = setUp(t);
  health.startupFinished(1);
  takeEdges();
  setQueue(10);
  health.stop();
  mock.timers.tick(10_000);
  assert.deepEqual(takeEdges(), []);
});
