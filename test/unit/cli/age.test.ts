import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatAge } from '../../../src/cli/age.ts';

for (const [seconds, text] of [
  [-1, '0.0s'],
  [0.04, '0.0s'],
  [1.26, '1.3s'],
  [10.9, '10s'],
  [59.9, '59s'],
  [60, '1m 0s'],
  [3599, '59m 59s'],
  [3600, '1h 0m'],
  [90_061, '1d 1h'],
] as const) {
  test(`${seconds} seconds are ${text}`, () => assert.equal(formatAge(seconds), text));
}
