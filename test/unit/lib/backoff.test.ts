// How long to wait before the next attempt, between which bounds.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backoffMs, type Backoff } from '../../../src/lib/backoff.ts';

const LUCK = [0, 0.25, 0.5, 0.999];
const bounds = { firstMs: 200, maxMs: 3000 };

function delays(jitter: Backoff['jitter'], random: number, attempts = 6): readonly number[] {
  return Array.from({ length: attempts }, (_, n) =>
    backoffMs({ ...bounds, jitter }, n + 1, () => random),
  );
}

test('doubles from the first delay to the longest, and stays there', () => {
  for (const random of LUCK) {
    assert.deepEqual(delays(0, random), [200, 400, 800, 1600, 3000, 3000]);
  }
  assert.equal(backoffMs({ ...bounds, jitter: 0 }, 5000), 3000);
});

test('a share of the delay is added or taken away, and no more', () => {
  assert.deepEqual(delays(0.2, 0, 2), [160, 320]);
  assert.deepEqual(delays(0.2, 0.5, 2), [200, 400]);
  assert.deepEqual(delays(0.2, 1, 2), [240, 480]);
});

test('full jitter spreads evenly over the delay, and never exceeds it', () => {
  assert.deepEqual(delays('full', 0.5), [100, 200, 400, 800, 1500, 1500]);
  assert.deepEqual(delays('full', 0), [0, 0, 0, 0, 0, 0]);
  const longest = delays(0, 0);
  for (const random of LUCK) {
    assert.ok(delays('full', random).every((delay, n) => delay <= (longest[n] ?? 0)));
  }
});
