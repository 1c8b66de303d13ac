// What is declared at the broker, and in which order.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { declarations, sideQueues } from '../../../src/amqp/topology.ts';
import type { QueueConfig } from '../../../src/config/slices/queue.ts';

const config: QueueConfig = {
  ...{ name: 'orders', exchange: 'events', exchangeType: 'topic', routingKeys: [] },
  ...{ topology: 'declare', durable: true, type: 'quorum', arguments: [], missing: 'wait' },
  ...{ prefetch: 8, exclusive: false, singleActive: false, priority: undefined },
  ...{ retryDelaysMs: [100, 1000], deadLetter: 'orders.dead' },
};

test('makes what others point to first: dead letters, retries, queue, exchange, bindings', () => {
  const made = declarations(config, ['a', 'b']).map((each) =>
    each.kind === 'binding' ? `${each.exchange} -${each.key}-> ${each.queue}` : each.name,
  );
  assert.deepEqual(made, [
    'orders.dead',
    'orders.retry.100',
    'orders.retry.1000',
    'orders',
    'events',
    'events -a-> orders',
    'events -b-> orders',
  ]);
});

test('a retry queue keeps a message for its delay, then hands it back to the queue for sure', () => {
  const retry = sideQueues(config)[1];
  assert.deepEqual(retry?.kind === 'queue' && retry.arguments, {
    'x-queue-type': 'quorum',
    'x-message-ttl': 100,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': 'orders',
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  });
});

test('a quorum queue ends a message that ends the whole consumer, a classic one cannot', () => {
  const limits = (['quorum', 'classic'] as const).map((type) => {
    const queue = declarations({ ...config, type, exchange: undefined }, []).at(-1);
    return queue?.kind === 'queue' && queue.arguments['x-delivery-limit'];
  });
  assert.deepEqual(limits, [100, undefined]);
});

test('what the user gives as argument wins', () => {
  const given = [{ name: 'x-delivery-limit', value: 5 }];
  const queue = declarations({ ...config, exchange: undefined, arguments: given }, []).at(-1);
  assert.equal(queue?.kind === 'queue' && queue.arguments['x-delivery-limit'], 5);
});

test('declares none of the exchanges that are always there, but binds to them', () => {
  const kinds = declarations({ ...config, exchange: 'amq.topic' }, ['a']).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['queue', 'queue', 'queue', 'queue', 'binding']);
});
