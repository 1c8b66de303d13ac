import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isTraceparent, newTraceparent, requestIdOf } from '../../../src/proxy/identity.ts';

test('new traces are valid, sampled and all different, far beyond one pool of random bytes', () => {
  const made = Array.from({ length: 1000 }, newTraceparent);
  for (const trace of made) assert.ok(isTraceparent(trace) && trace.endsWith('-01'), trace);
  assert.equal(new Set(made.map(requestIdOf)).size, made.length);
  assert.equal(new Set(made.map((trace) => trace.slice(36, 52))).size, made.length);
});

test('a later version may say more, version ff and upper case are not valid', () => {
  const ids = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  assert.equal(isTraceparent(`00-${ids}`), true);
  assert.equal(isTraceparent(`00-${ids}-more`), false);
  assert.equal(isTraceparent(`01-${ids}-more`), true);
  assert.equal(isTraceparent(`ff-${ids}`), false);
  assert.equal(isTraceparent(`00-${ids.toUpperCase()}`), false);
});
