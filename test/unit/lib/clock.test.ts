import assert from 'node:assert/strict';
import { test } from 'node:test';

import { monotonicMs } from '../../../src/lib/clock.ts';

test('counts from the start of the process', () => {
  const before = performance.now();
  const counted = monotonicMs();
  assert.ok(Math.abs(counted - before) < 100, `${counted} ms, and ${before} by performance.now()`);
});
