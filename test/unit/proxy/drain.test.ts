import assert from 'node:assert/strict';
import { test } from 'node:test';

import { closeAt } from '../../../src/proxy/drain.ts';

const times = {
  startedAt: 1000,
  lastRequestAt: undefined,
  delayMs: 0,
  quietMs: 1000,
  budgetMs: 20_000,
};

test('an idle instance closes after the quiet time, counted from the signal', () => {
  assert.equal(closeAt(times), 2000);
  assert.equal(closeAt({ ...times, lastRequestAt: 10 }), 2000);
});

test('the delay is kept although nothing comes', () => {
  assert.equal(closeAt({ ...times, delayMs: 5000 }), 6000);
});

test('each request moves the end by the quiet time', () => {
  assert.equal(closeAt({ ...times, delayMs: 5000, lastRequestAt: 5900 }), 6900);
});

test('requests that never cease cannot use more than half of the budget, the delay included', () => {
  assert.equal(closeAt({ ...times, delayMs: 5000, lastRequestAt: 10_900 }), 11_000);
  assert.equal(closeAt({ ...times, delayMs: 50_000 }), 11_000);
});

test('without a budget there is no wait', () => {
  assert.equal(closeAt({ ...times, budgetMs: 0 }), 1000);
});
