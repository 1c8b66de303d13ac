import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drainReport } from '../../../src/app/drain-report.ts';

test('the report of a drain sets apart what was in hand at the stop and came after it', () => {
  const before = { accepted: 100, completed: 80, shed: 5, aborted: 4, failed: 1, forced: 0 };
  const after = { accepted: 103, completed: 90, shed: 6, aborted: 4, failed: 3, forced: 2 };
  const { during_stop: stop, ...whole } = drainReport(
    { ...before, longestMs: 1 },
    { ...after, longestMs: 20.4 },
  );
  assert.deepEqual(whole, { ...after, longestMs: 20 });
  assert.deepEqual(stop, {
    in_hand: 10,
    accepted: 3,
    completed: 10,
    shed: 1,
    aborted: 0,
    failed: 2,
  });
});
