import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CheckHistory } from '../../../src/checks/check-history.ts';

test('fails with the first failure when one of one decides', () => {
  const history = new CheckHistory({ failures: 1, window: 1 });
  assert.equal(history.failing, false);
  history.add(false);
  assert.equal(history.failing, true);
  history.add(true);
  assert.equal(history.failing, false);
});

test('fails while n of the last m runs failed', () => {
  const history = new CheckHistory({ failures: 2, window: 3 });
  const states = [false, true, false, true, true, false].map((passed) => {
    history.add(passed);
    return history.failing;
  });
  assert.deepEqual(states, [false, false, true, false, false, false]);
});

test('fails without a fresh result, until there is one', () => {
  const history = new CheckHistory({ failures: 2, window: 2 });
  history.add(true);
  history.expire();
  assert.equal(history.failing, true);
  history.add(false);
  assert.equal(history.failing, false);
});
