// What became of deliveries is told in an order in which the client library cannot mistake one for another.

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { suite, test } from 'node:test';

import { dialectOf } from '../../../src/amqp/dialect-10.ts';
import { Settlements10, type Settlement } from '../../../src/amqp/settlements-10.ts';

/** Whose deliveries write down what they are told. */
function settlements(product = 'ActiveMQ', version = '2') {
  const told: string[] = [];
  const counts: number[] = [];
  const over = new AbortController();
  const all = new Settlements10({
    dialect: () => dialectOf(product, version),
    over: over.signal,
    onTold: (count) => counts.push(count),
  });
  const add = (id: number, how: Settlement['how']): void => {
    const handed = {
      id,
      accept: () => told.push(`accept ${id}`),
      release: () => told.push(`release ${id}`),
      modified: () => told.push(`modified ${id}`),
    };
    all.add({ handed, how });
  };
  return { all, add, told, counts, over };
}

suite('settlements over AMQP 1.0', () => {
  test('of one turn are told together, alike ones in ascending order', async () => {
    const { add, told, counts } = settlements();
    for (const id of [3, 1, 2]) add(id, 'accept');
    assert.deepEqual(told, []);
    await turn();
    assert.deepEqual(told, ['accept 1', 'accept 2', 'accept 3']);
    assert.deepEqual(counts, [3]);
  });

  test('of which one differs are told in descending order', async () => {
    const { add, told } = settlements();
    add(1, 'accept');
    add(2, 'release');
    add(3, 'accept');
    await turn();
    assert.deepEqual(told, ['accept 3', 'release 2', 'accept 1']);
  });

  test('count a failed attempt where the broker knows the word', () => {
    const known = settlements();
    known.add(1, 'requeue');
    known.all.flush();
    assert.deepEqual(known.told, ['modified 1']);
    const unknown = settlements('RabbitMQ', '3.10.8');
    unknown.add(1, 'requeue');
    unknown.all.flush();
    assert.deepEqual(unknown.told, ['release 1']);
  });

  test('are told once, and not when it is over', async () => {
    const { all, add, told, counts, over } = settlements();
    add(1, 'accept');
    all.flush();
    await turn();
    add(2, 'accept');
    over.abort();
    await turn();
    assert.deepEqual(told, ['accept 1']);
    assert.deepEqual(counts, [1]);
  });
});
