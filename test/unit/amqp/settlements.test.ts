// Acknowledgements in few words, and never one of a message that is not settled.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Settlements } from '../../../src/amqp/settlements.ts';
import { useSeeds, type Seeded } from '../../helpers/seeded.ts';

test('acknowledges everything up to the first that is not settled in one word', () => {
  const settlements = new Settlements();
  for (const tag of [2, 1, 3, 5]) settlements.acknowledge(tag);
  assert.deepEqual(settlements.take(), { upTo: 3, single: [5] });
  assert.equal(settlements.count, 0);
});

test('closes the gap when the missing one is settled, and tells nothing twice', () => {
  const settlements = new Settlements();
  for (const tag of [2, 3]) settlements.acknowledge(tag);
  assert.deepEqual(settlements.take(), { upTo: undefined, single: [2, 3] });
  settlements.acknowledge(1);
  assert.deepEqual(settlements.take(), { upTo: 1, single: [] });
  settlements.acknowledge(4);
  assert.deepEqual(settlements.take(), { upTo: 4, single: [] });
});

test('goes past one that was given back, and never ends at it', () => {
  const settlements = new Settlements();
  settlements.settled(1);
  settlements.acknowledge(2);
  settlements.settled(3);
  assert.deepEqual(settlements.take(), { upTo: 2, single: [] });
  settlements.acknowledge(4);
  assert.deepEqual(settlements.take(), { upTo: 4, single: [] });
});

test('whatever the order in which 100 messages end, the broker never hears of an unfinished one', (t) => {
  for (const seeded of useSeeds(t, 50)) assertExact(seeded);
});

/** Plays the broker: after each word it has settled exactly what we have. */
function assertExact(seeded: Seeded): void {
  const settlements = new Settlements();
  const ours = new Set<number>();
  const brokers = new Set<number>();
  for (const tag of shuffled(100, seeded)) {
    ours.add(tag);
    if (seeded.next() < 0.2) {
      settlements.settled(tag);
      brokers.add(tag);
    } else settlements.acknowledge(tag);
    if (seeded.next() < 0.3) hear(brokers, settlements);
    for (const settled of brokers) assert.ok(ours.has(settled), `${settled}, seed ${seeded.seed}`);
  }
  hear(brokers, settlements);
  assert.deepEqual([...brokers].sort(), [...ours].sort(), `seed ${seeded.seed}`);
}

function hear(brokers: Set<number>, settlements: Settlements): void {
  const { upTo = 0, single } = settlements.take();
  for (let tag = 1; tag <= upTo; tag += 1) brokers.add(tag);
  for (const tag of single) {
    // A real one closes the channel: unknown delivery tag.
    assert.ok(!brokers.has(tag), `${tag} twice`);
    brokers.add(tag);
  }
}

function shuffled(count: number, seeded: Seeded): readonly number[] {
  return Array.from({ length: count }, (_, n) => ({ tag: n + 1, at: seeded.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ tag }) => tag);
}
