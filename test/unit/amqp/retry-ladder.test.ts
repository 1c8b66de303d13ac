// What becomes of a message after each attempt.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nextStep, type Ladder, type Verdict } from '../../../src/amqp/retry-ladder.ts';

const ladder: Ladder = { retryDelaysMs: [100, 1000, 5000], onExhausted: 'dead' };
const failed: Verdict = { kind: 'retry', reason: 'on purpose' };
const failure = { class: 'error', reason: 'on purpose', stack: undefined } as const;

test('climbs one level per attempt, then makes a dead letter', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 9].map((attempt) => nextStep(failed, attempt, ladder)),
    [
      { kind: 'retry', delayMs: 100, ...failure },
      { kind: 'retry', delayMs: 1000, ...failure },
      { kind: 'retry', delayMs: 5000, ...failure },
      { kind: 'dead', ...failure },
      { kind: 'dead', ...failure },
    ],
  );
});

test('waits at least as long as the handler asks for, and never below the level', () => {
  const delays = [1, 101, 1001, 99_999].map((afterMs) =>
    nextStep({ ...failed, afterMs }, 1, ladder),
  );
  assert.deepEqual(
    delays.map((step) => 'delayMs' in step && step.delayMs),
    [100, 1000, 5000, 5000],
  );
  assert.equal(nextStep({ ...failed, afterMs: 1 }, 4, ladder).kind, 'dead');
});

test('does what is asked for when the ladder ends', () => {
  const none = { retryDelaysMs: [] };
  assert.deepEqual(nextStep(failed, 1, { ...none, onExhausted: 'requeue' }), {
    kind: 'requeue',
    reason: 'on purpose',
  });
  assert.deepEqual(nextStep(failed, 1, { ...none, onExhausted: 'drop' }), {
    kind: 'drop',
    reason: 'on purpose',
  });
  assert.equal(nextStep(failed, 1, { ...none, onExhausted: 'dead' }).kind, 'dead');
});

test('tells how the attempt failed', () => {
  const reason = 'why';
  const verdicts: readonly Verdict[] = [
    { kind: 'crashed', reason },
    { kind: 'timed-out', reason },
    { kind: 'dead', reason },
    { kind: 'undecodable', reason },
    { kind: 'retry' },
  ];
  assert.deepEqual(
    verdicts
      .map((verdict) => nextStep(verdict, 1, ladder))
      .map((step) => [step.kind, classOf(step)]),
    [
      ['retry', 'crash'],
      ['retry', 'timeout'],
      ['dead', 'rejected'],
      ['dead', 'undecodable'],
      ['retry', 'error'],
    ],
  );
});

test('a message that the stop came for goes back as it came', () => {
  assert.deepEqual(nextStep({ kind: 'given-back' }, 4, ladder), { kind: 'release' });
});

test('says why a message is gone that nobody gave a reason for', () => {
  assert.deepEqual(nextStep({ kind: 'drop' }, 1, ladder), {
    kind: 'drop',
    reason: 'dropped by the handler',
  });
});

function classOf(step: ReturnType<typeof nextStep>): string | undefined {
  return 'class' in step ? step.class : undefined;
}
