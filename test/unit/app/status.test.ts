import assert from 'node:assert/strict';
import { test } from 'node:test';

import { statusOf, type StatusSources } from '../../../src/app/status.ts';
import type { Answer } from '../../../src/probes/health.ts';

const since = new Date('2026-01-02T03:04:05.678Z');
const up: Answer = {
  ...{ passing: true, status: 200, text: 'ready', reason: 'up', details: 'ready' },
  since,
};

const chronicle: StatusSources['chronicle'] = {
  ...{
    drainLeftMs: undefined,
    transitions: () => [],
    startWaitsFor: () => '',
    restartText: () => '',
  },
  ...{ restarts: { exit: 2 }, replacements: { ctl: 1 }, failedReplacements: {} },
};

function sources(readiness: Partial<Answer> = {}, others: Partial<StatusSources> = {}) {
  return {
    version: '1.2.3',
    appVersion: undefined,
    pid: 1,
    verdict: (probe: string) => (probe === 'readiness' ? { ...up, ...readiness } : up),
    app: { state: 'up' as const, since, current: undefined },
    requests: undefined,
    messages: undefined,
    chronicle,
    ...others,
  };
}

const states = [
  ['up', 'ready'],
  ['starting', 'starting'],
  ['restarting', 'restarting'],
  ['not-consuming', 'not consuming'],
  ['drained', 'drained'],
  ['draining', 'draining'],
  ['check', 'not ready'],
  ['queue', 'not ready'],
] as const;
for (const [reason, state] of states) {
  test(`is ${state} when readiness says ${reason}`, () => {
    const status = statusOf(sources({ reason }), false);
    assert.deepEqual([status.state, status.reason], [state, reason]);
    assert.equal(status.since, since.toISOString());
  });
}

test('says in full why, but only to the owner', () => {
  const failing = sources({ reason: 'check', text: 'db error', details: 'db error: refused' });
  assert.equal(statusOf(failing, true).text, 'db error: refused');
  assert.equal(statusOf(failing, true).probes.readiness.text, 'db error: refused');
  assert.equal(statusOf(failing, false).text, 'db error');
  assert.equal(statusOf(failing, false).probes.readiness.text, 'db error');
});

test('names what the start waits for, in full only to the owner', () => {
  const starting = sources(
    { reason: 'starting', text: 'not finished', details: 'not finished' },
    {
      chronicle: { ...chronicle, startWaitsFor: (details) => (details ? 'migrate' : 'a command') },
    },
  );
  assert.equal(statusOf(starting, true).text, 'not finished: waits for migrate');
  assert.equal(statusOf(starting, false).text, 'not finished: waits for a command');
});

test('says why the app is started again, and when', () => {
  const restarting = sources(
    { reason: 'restarting', text: 'restarted', details: 'restarted' },
    { chronicle: { ...chronicle, restartText: (details) => (details ? 'why, when' : 'when') } },
  );
  assert.equal(statusOf(restarting, true).text, 'restarted: why, when');
  assert.equal(statusOf(restarting, false).text, 'restarted: when');
});

test('has null for what does not exist now', () => {
  const { app, app_version, requests, drain_left_s } = statusOf(sources(), true);
  assert.deepEqual([app_version, requests, drain_left_s], [null, null, null]);
  const none = { pid: null, generation: null, up_s: 0 };
  assert.deepEqual(app, { state: 'up', since: since.toISOString(), ...none });
});

test('tells app, requests and budget in seconds', () => {
  const status = statusOf(
    sources(
      {},
      {
        appVersion: '7',
        requests: () => ({ active: 4, queued: 2, upgraded: 1, oldestMs: 1500.4, finished: 9 }),
        app: { state: 'up', since, current: { generation: 3, pid: 42, upMs: 5000.4 } },
        chronicle: { ...chronicle, drainLeftMs: 2500 },
      },
    ),
    true,
  );
  assert.equal(status.app_version, '7');
  assert.deepEqual(status.requests, {
    ...{ in_hand: 4, queued: 2, upgraded: 1, oldest_s: 1.5, finished: 9 },
  });
  const { pid, generation, up_s } = status.app ?? {};
  assert.deepEqual([pid, generation, up_s], [42, 3, 5]);
  assert.deepEqual([status.restarts, status.replacements], [{ exit: 2 }, { ctl: 1 }]);
  assert.equal(status.drain_left_s, 2.5);
});
