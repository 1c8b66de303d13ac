// Works by their numbers, in whatever order they end.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Work } from '../../../src/amqp/handler.ts';
import { InHand } from '../../../src/amqp/in-hand.ts';

const works = (count: number): readonly Work[] => Array.from({ length: count }, () => ({}) as Work);

test('gives out each work once, by its number, in any order', () => {
  const inHand = new InHand();
  const all = works(9);
  const ids = all.map((work) => inHand.add(work));
  assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const id of [9, 1, 5, 4, 6, 2, 8, 3, 7]) {
    assert.equal(inHand.get(id), all[id - 1]);
    assert.equal(inHand.take(id), all[id - 1]);
    assert.equal(inHand.take(id), undefined);
  }
  assert.equal(inHand.size, 0);
});

test('knows the number of what is in hand, and uses none again', () => {
  const inHand = new InHand();
  const [a, b, c] = works(3) as [Work, Work, Work];
  for (const work of [a, b]) inHand.add(work);
  inHand.take(1);
  assert.deepEqual([inHand.idOf(a), inHand.idOf(b)], [undefined, 2]);
  assert.deepEqual(inHand.takeAll(), [b]);
  assert.deepEqual([inHand.size, inHand.idOf(b), inHand.get(2)], [0, undefined, undefined]);
  assert.equal(inHand.add(c), 3);
});
