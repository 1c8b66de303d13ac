import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Slots } from '../../../src/lib/slots.ts';

test('members come and go in any order', () => {
  const slots = new Slots<{ name: number; slot: number }>();
  const members = Array.from({ length: 5 }, (_, name) => ({ name, slot: -1 }));
  for (const member of members) slots.add(member);
  for (const gone of [1, 4, 0]) {
    const member = members[gone];
    assert.ok(member !== undefined);
    slots.remove(member);
  }
  assert.equal(slots.size, 2);
  const left = slots.toArray().map(({ name }) => name);
  assert.deepEqual(left.toSorted(), [2, 3]);
});
