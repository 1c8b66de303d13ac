import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Awaited } from '../../../src/process/awaited.ts';

test('a child is awaited until its end is told, also when its number is that of one before', () => {
  const awaited = new Awaited();
  const [first, second] = [{}, {}];
  awaited.add(7, first);
  assert.ok(awaited.has(7));
  awaited.add(7, second);
  awaited.remove(7, first);
  assert.ok(awaited.has(7));
  awaited.remove(7, second);
  assert.equal(awaited.has(7), false);
});
