import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { RequestOutcome } from '../../../src/core/request-record.ts';
import { Ledger } from '../../../src/proxy/ledger.ts';

function balance(ledger: Ledger): number {
  const { accepted, completed, shed, aborted, failed } = ledger.report();
  return accepted - completed - shed - aborted - failed - ledger.inFlight - ledger.queued;
}

test('the ledger balances after every step, whatever order they come in', () => {
  const ledger = new Ledger(10, () => undefined);
  const outcomes: RequestOutcome[] = ['completed', 'shed', 'aborted', 'failed'];
  const open: { answered: boolean }[] = [];
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 16807) % 2147483647) % below;
  for (let step = 0; step < 2000; step += 1) {
    const request = open[random(open.length + 1)];
    if (request === undefined) {
      ledger.accept();
      open.push({ answered: false });
    } else if (!request.answered && random(2) === 0) {
      ledger.answer();
      request.answered = true;
    } else {
      ledger.end(outcomes[random(4)] ?? 'failed', request.answered, 1);
      open.splice(open.indexOf(request), 1);
    }
    assert.equal(balance(ledger), 0);
    assert.equal(ledger.active, open.length);
    assert.equal(ledger.queued, open.filter(({ answered }) => !answered).length);
  }
});

test('a request leaves the queue with the head of its answer, not with its end', () => {
  const ledger = new Ledger(10, () => undefined);
  ledger.accept();
  assert.equal(ledger.queued, 1);
  ledger.answer();
  assert.deepEqual([ledger.queued, ledger.active], [0, 1]);
  ledger.end('completed', true, 5);
  assert.deepEqual([ledger.queued, ledger.active, ledger.finished], [0, 0, 1]);
});

test('a change of the queue is told only at the limit and at 80 % of it', () => {
  const told: number[] = [];
  const ledger: Ledger = new Ledger(10, () => told.push(ledger.queued));
  for (let i = 0; i < 12; i += 1) ledger.accept();
  for (let i = 0; i < 12; i += 1) ledger.answer();
  assert.deepEqual(told, [10, 8]);
});

test('the mean counts what the app has seen; what we refused neither counts nor is finished', () => {
  const ledger = new Ledger(10, () => undefined);
  for (const ms of [10, 20, undefined]) {
    ledger.accept();
    ledger.end(ms === undefined ? 'shed' : 'completed', false, ms);
  }
  assert.equal(ledger.averageMs, 15);
  assert.equal(ledger.finished, 2);
  assert.equal(ledger.report().longestMs, 20);
});

test('requests for files balance, and are neither in the queue nor among what the app has finished', () => {
  const told: number[] = [];
  const ledger: Ledger = new Ledger(1, () => told.push(ledger.queued));
  for (let n = 0; n < 4; n += 1) ledger.acceptForFiles();
  assert.deepEqual([ledger.active, ledger.queued, ledger.inFlight], [4, 0, 4]);
  for (const outcome of ['completed', 'shed', 'aborted', 'failed'] as const) {
    ledger.endForFiles(outcome);
    assert.equal(balance(ledger), 0);
  }
  assert.deepEqual([ledger.active, ledger.finished, told], [0, 0, []]);
});
