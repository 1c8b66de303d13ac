// Who may run: at most so many, one of each key, and suspects alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Lanes, type Lane } from '../../../src/amqp/lanes.ts';

interface Named extends Lane {
  readonly name: string;
}

function entry(name: string, { key, alone = false }: Partial<Lane> = {}): Named {
  return { name, key, alone };
}

function lanesOf(limit: number): { lanes: Lanes<Named>; begun: string[] } {
  const begun: string[] = [];
  return { lanes: new Lanes<Named>(limit, ({ name }) => begun.push(name)), begun };
}

test('lets at most so many run, the others in the order in which they came', () => {
  const { lanes, begun } = lanesOf(2);
  const [a, b, c, d] = [entry('a'), entry('b'), entry('c'), entry('d')];
  for (const each of [a, b, c, d]) lanes.enter(each);
  assert.deepEqual([begun, lanes.running.length, lanes.waiting], [['a', 'b'], 2, 2]);
  lanes.leave(b);
  lanes.leave(b);
  assert.deepEqual(begun, ['a', 'b', 'c']);
  lanes.leave(a);
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
});

test('lets those of one key run one after the other, and others pass by', () => {
  const { lanes, begun } = lanesOf(3);
  const [a, b, c] = [entry('a', { key: 'x' }), entry('b', { key: 'x' }), entry('c', { key: 'y' })];
  for (const each of [a, b, c]) lanes.enter(each);
  assert.deepEqual(begun, ['a', 'c']);
  lanes.leave(a);
  assert.deepEqual(begun, ['a', 'c', 'b']);
});

test('lets a suspect run while nothing else does, and nobody overtakes it', () => {
  const { lanes, begun } = lanesOf(3);
  const [a, suspect, b] = [entry('a'), entry('suspect', { alone: true }), entry('b')];
  for (const each of [a, suspect, b]) lanes.enter(each);
  assert.deepEqual(begun, ['a']);
  lanes.leave(a);
  assert.deepEqual(begun, ['a', 'suspect']);
  lanes.leave(suspect);
  assert.deepEqual(begun, ['a', 'suspect', 'b']);
});

test('lets one go first that asks for it', () => {
  const { lanes, begun } = lanesOf(1);
  lanes.enter(entry('a'));
  lanes.enter(entry('b'));
  lanes.enterFirst(entry('c'));
  lanes.enterFirst(entry('d'));
  for (let n = 0; n < 3; n += 1) for (const each of lanes.running) lanes.leave(each);
  assert.deepEqual(begun, ['a', 'd', 'c', 'b']);
});

test('begins nothing while it is held', () => {
  const { lanes, begun } = lanesOf(2);
  const a = entry('a');
  lanes.enter(a);
  lanes.hold();
  lanes.enter(entry('b'));
  lanes.leave(a);
  assert.deepEqual(begun, ['a']);
  lanes.open();
  assert.deepEqual(begun, ['a', 'b']);
});

test('those that are taken away never begin', () => {
  const { lanes, begun } = lanesOf(1);
  const a = entry('a');
  for (const each of [a, entry('b'), entry('c')]) lanes.enter(each);
  assert.deepEqual(
    lanes.takeWaiting(({ name }) => name === 'b').map(({ name }) => name),
    ['b'],
  );
  lanes.leave(a);
  assert.deepEqual([begun, lanes.takeWaiting()], [['a', 'c'], []]);
});
