import assert from 'node:assert/strict';
import { test } from 'node:test';

import { narrator } from '../../../src/app/narrator.ts';
import type { HurricaneEvent } from '../../../src/core/events.ts';
import { endingOf } from '../../../src/core/exit-status.ts';
import { recordedLog } from '../../helpers/recorded-log.ts';

const report = { accepted: 9, completed: 8, shed: 0, aborted: 0, failed: 1, forced: 1 };
const during_stop = { in_hand: 1, accepted: 0, completed: 0, shed: 0, aborted: 0, failed: 1 };

const told: readonly (readonly [HurricaneEvent, level: string, message: string])[] = [
  [
    {
      name: 'command.ended',
      data: { command: 'x', ...endingOf({ kind: 'exited', code: 3 }), duration_ms: 5 },
    },
    'error',
    'startup command exited with code 3',
  ],
  [
    {
      name: 'app.ended',
      data: {
        ...{ pid: 7, expected: false, killed: false },
        ...endingOf({ kind: 'signalled', signal: 'SIGKILL' }),
      },
    },
    'error',
    'app was ended by SIGKILL',
  ],
  [
    {
      name: 'webhook.failed',
      data: { type: 'app', id: 'i', url: 'http://x/…', attempt: 1, reason: 'no', final: false },
    },
    'warn',
    'Sending webhook to http://x/… has failed due to no',
  ],
  [
    {
      name: 'probe.changed',
      data: { probe: 'readiness', passing: true, previous: false, reason: 'up', text: 'ready' },
    },
    'info',
    'readiness probe passes',
  ],
  [
    {
      name: 'hurricane.ended',
      data: { phase: 'serve', exit_code: 1, orderly: false, reason: 'r', next: 'n' },
    },
    'error',
    'hurricane ends',
  ],
  [
    {
      name: 'hurricane.ended',
      data: { phase: 'start', exit_code: 0, orderly: false, reason: 'r', next: 'n' },
    },
    'warn',
    'hurricane ends',
  ],
];

for (const [event, level, message] of told) {
  test(`writes ${event.name} with all that is known of it`, () => {
    const log = recordedLog();
    narrator(log)(event);
    assert.deepEqual(log.lines, [{ level, message, fields: { event: event.name, ...event.data } }]);
  });
}

test('an exit code is that of a shell', () => {
  assert.equal(endingOf({ kind: 'signalled', signal: 'SIGKILL' }).exit_code, 137);
  assert.equal(endingOf({ kind: 'not-started', code: 127, reason: 'x' }).exit_code, 127);
});

test('names in fields are snake case', () => {
  const log = recordedLog();
  const data = { ...report, longestMs: 3, during_stop, duration_ms: 4 };
  narrator(log)({ name: 'drain.ended', data });
  const fields = { event: 'drain.ended', ...report, longest_ms: 3, during_stop, duration_ms: 4 };
  assert.deepEqual(log.lines, [{ level: 'warn', message: 'drain report', fields }]);
});

test('of the attempts to deliver a webhook the first, the second and the last are worth a line', () => {
  const log = recordedLog();
  const observe = narrator(log);
  for (const attempt of [1, 2, 3, 4]) {
    const data = { type: 'app', id: 'i', url: 'u', attempt, reason: 'no', final: attempt === 4 };
    observe({ name: 'webhook.failed', data });
  }
  assert.deepEqual(
    log.lines.map(({ level }) => level),
    ['warn', 'info', 'debug', 'warn'],
  );
});
