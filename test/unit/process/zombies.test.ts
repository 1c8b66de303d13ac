import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseStat } from '../../../src/process/proc.ts';
import { descendants } from '../../../src/process/zombies.ts';

test('descendants are children and their children, in whatever order the table has them', () => {
  const table = [
    ...['9 (grandchild) Z 8 1 1', '8 (child) S 5 1 1', '5 (we) S 1 1 1', '6 (sibling) Z 1 1 1'],
    ...['7 (child) Z 5 1 1', '10 (great) S 9 1 1'],
  ].map(parseStat);
  const pids = descendants(5, table).map(({ pid }) => pid);
  assert.deepEqual(pids.toSorted(), [10, 7, 8, 9]);
  assert.deepEqual(descendants(4, table), []);
});
