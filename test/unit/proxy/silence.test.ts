import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Silence } from '../../../src/proxy/silence.ts';

test('a silence is told once, from the oldest request that waits or the last answer on', () => {
  const silence = new Silence(30);
  const told = (atMs: number, answered: number, oldestMs: number | undefined) =>
    silence.look({ atMs, answered, oldestMs });
  assert.equal(told(100, 0, undefined), undefined);
  assert.equal(told(200, 0, 190), undefined, 'it waits only since 190');
  assert.equal(told(220, 0, 190), 30);
  assert.equal(told(300, 0, 190), undefined, 'told before');
  assert.equal(told(310, 1, 190), undefined, 'another one was answered');
  assert.equal(told(339, 1, 190), undefined);
  assert.equal(told(340, 1, 190), 30);
  assert.equal(told(400, 1, undefined), undefined, 'nobody waits');
  assert.equal(told(500, 1, 450), 50);
});

test('clients that give up do not end a silence as long as others wait', () => {
  const silence = new Silence(30);
  assert.equal(silence.look({ atMs: 100, answered: 0, oldestMs: 90 }), undefined);
  assert.equal(silence.look({ atMs: 110, answered: 0, oldestMs: 105 }), undefined);
  assert.equal(silence.look({ atMs: 120, answered: 0, oldestMs: 115 }), 30);
});
