import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Status } from '../../../src/app/status.ts';
import { formatStatus } from '../../../src/cli/format-status.ts';

const since = '2026-01-02T03:04:05.678Z';
const now = new Date('2026-01-02T03:08:17.900Z');
const status: Status = {
  ...{ state: 'not ready', reason: 'check', text: 'db error: refused\ncache error: full', since },
  ...{ version: '1.2.3', app_version: null, pid: 1, uptime_s: 11_520 },
  app: { state: 'up', since, pid: 42, generation: 3, up_s: 3.21 },
  restarts: { exit: 2, signal: 1 },
  replacements: {},
  failed_replacements: { ctl: 1 },
  requests: { in_hand: 3, queued: 1, upgraded: 1, oldest_s: 12.3, finished: 5120 },
  messages: null,
  probes: {
    startup: { passing: true, since, text: 'Startup was finished 0.5' },
    readiness: { passing: false, since, text: 'db error: refused' },
    liveness: { passing: true, since, text: 'alive' },
  },
  drain_left_s: null,
  transitions: [
    { time: since, event: 'app.started', text: 'app started', reason: 'pid 42' },
    { time: since, event: 'control.asked', text: 'the operator asks to drain', reason: '' },
  ],
};

test('says the verdict and its reason in the first line, then the facts', () => {
  assert.equal(
    formatStatus(status, now, false),
    `state not ready for 4m 12s: db error: refused; cache error: full
app up: pid 42, generation 3, up for 3.2s
restarts 3: 2 × exit, 1 × signal
not replaced 1: 1 × ctl
requests 3 in hand, 1 without an answer yet, 1 of them WebSockets, the oldest for 12s; 5120 finished
startup passes for 4m 12s: Startup was finished 0.5
readiness fails for 4m 12s: db error: refused
liveness passes for 4m 12s: alive
hurricane 1.2.3, pid 1, runs for 3h 12m
2026-01-02T03:04:05Z app started: pid 42
2026-01-02T03:04:05Z the operator asks to drain
`,
  );
});

test('tells of messages how old the oldest is and when one was last settled', () => {
  const messages: Status['messages'] = {
    ...({ queue: 'q', state: 'consuming', since, reason: '', broker: 'b:5672' } as const),
    ...{ in_hand: 2, waiting: 1, oldest_s: 75, settled: 9 },
    last_settled: '2026-01-02T03:08:07.900Z',
  };
  const line = (of: Status['messages']): string | undefined =>
    /^messages .*$/m.exec(formatStatus({ ...status, messages: of }, now, false))?.[0];
  assert.equal(
    line(messages),
    'messages 2 in hand, 1 not begun, the oldest for 1m 15s; 9 settled, the last 10s ago',
  );
  const none = { in_hand: 0, waiting: 0, oldest_s: 0, settled: 0, last_settled: null };
  assert.equal(line({ ...messages, ...none }), 'messages 0 in hand, 0 not begun; 0 settled');
});

test('is not simply ready while liveness fails', () => {
  const liveness = { passing: false, since, text: 'db error: refused' };
  const sick = { ...status, state: 'ready', probes: { ...status.probes, liveness } } as const;
  assert.match(
    formatStatus(sick, now, false),
    /^state ready for 4m 12s, but liveness fails: db error: refused\n/,
  );
});

test('is in columns where a person looks at it', () => {
  const columns = formatStatus(status, now, true)
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(0, 21));
  assert.deepEqual(columns.slice(0, 3), [
    'state                ',
    'app                  ',
    'restarts             ',
  ]);
  assert.equal(columns.at(-1), '2026-01-02T03:04:05Z ');
});

test('leaves out what does not exist, and says what is left of a stop', () => {
  const ended = { state: 'ended', since, pid: null, generation: null, up_s: 0 } as const;
  const text = formatStatus(
    {
      ...status,
      state: 'draining',
      text: 'draining',
      app: ended,
      restarts: {},
      requests: null,
      drain_left_s: 4.2,
    },
    now,
    false,
  );
  assert.match(text, /^state draining for 4m 12s: draining\nstopping 4\.2 s of the grace period/);
  assert.match(text, /^app ended for 4m 12s$/m);
  assert.match(text, /^restarts none$/m);
  assert.doesNotMatch(text, /^requests/m);
});
