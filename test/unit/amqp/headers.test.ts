// What a failed message carries to its next attempt.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  attemptOf,
  fitting,
  isSuspect,
  originOf,
  republished,
  returnsOf,
  type Failed,
} from '../../../src/amqp/headers.ts';
import { tableBytes } from '../../../src/amqp/field-table.ts';
import type { Delivery } from '../../../src/amqp/transport.ts';

const failed: Omit<Failed, 'delivery'> = {
  attempt: 1,
  reason: 'on purpose',
  class: 'error',
  queue: 'orders',
  now: new Date('2026-01-02T03:04:05Z'),
};

test('carries body and properties on, and says what has happened', () => {
  const { exchange, routingKey, body, properties } = republished(
    { ...failed, delivery: delivery({ own: 1 }) },
    'orders.retry.1000',
    2,
  );
  assert.deepEqual([exchange, routingKey, String(body)], ['', 'orders.retry.1000', 'body']);
  assert.equal(properties.messageId, 'm1');
  assert.deepEqual(properties.headers, {
    own: 1,
    'hurricane-attempt': 2,
    'hurricane-error': 'on purpose',
    'hurricane-error-class': 'error',
    'hurricane-first-failed': '2026-01-02T03:04:05.000Z',
    'hurricane-queue': 'orders',
    'hurricane-exchange': 'events',
    'hurricane-routing-key': 'order.made',
  });
});

test('keeps the first failure and where it was published, however often it fails', () => {
  const first = republished({ ...failed, delivery: delivery({}) }, 'retry', 2);
  const again = { ...delivery(first.properties.headers), exchange: '', routingKey: 'orders' };
  const second = republished({ ...failed, now: new Date(), delivery: again }, 'retry', 3);
  const { headers } = second.properties;
  assert.equal(headers['hurricane-first-failed'], '2026-01-02T03:04:05.000Z');
  assert.deepEqual(originOf(again), { exchange: 'events', routingKey: 'order.made' });
  assert.equal(headers['hurricane-routing-key'], 'order.made');
  assert.equal(attemptOf(headers), 3);
});

test('drops the largest headers of the application until the rest fits, and says which', () => {
  const own = { big: 'x'.repeat(40_000), small: 'kept', bigger: 'y'.repeat(50_000), n: 1 };
  const whole = republished({ ...failed, delivery: delivery(own) }, 'retry', 2);
  assert.deepEqual(fitting(whole, Infinity), { publishing: whole, dropped: [] });
  const once = fitting(whole, 65_536);
  assert.deepEqual(once.dropped, ['bigger']);
  const others = republished({ ...failed, delivery: delivery({ small: 'kept', n: 1 }) }, 'retry', 2)
    .properties.headers;
  assert.deepEqual(once.publishing.properties.headers, {
    ...{ ...others, big: own.big },
    'hurricane-dropped-headers': 'bigger',
  });
  const again = delivery(once.publishing.properties.headers);
  const twice = fitting(republished({ ...failed, delivery: again }, 'dead', 2), 4096);
  assert.deepEqual(twice.dropped, ['big']);
  assert.deepEqual(twice.publishing.properties.headers, {
    ...{ ...others, 'hurricane-dropped-headers': 'bigger, big' },
  });
});

test('what remains of very many headers fits as well, at the price of the words of the error', () => {
  const own = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`é-${n}`, true]));
  const long = { ...failed, reason: '€'.repeat(3000), delivery: delivery(own) };
  for (const room of [50_000, 9000, 4096]) {
    const { publishing, dropped } = fitting(republished(long, 'retry', 2), room);
    assert.ok(tableBytes(publishing.properties.headers) <= room, `${room}`);
    assert.equal(dropped.includes('hurricane-error'), room === 4096);
    assert.equal(attemptOf(publishing.properties.headers), 2);
  }
});

test('leaves out what brokers count, which would end in a cycle that they break', () => {
  const counted = { 'x-death': [], 'x-first-death-queue': 'a', 'x-delivery-count': 3, 'x-own': 1 };
  const { properties } = republished({ ...failed, delivery: delivery(counted) }, 'retry', 2);
  assert.deepEqual(
    Object.keys(properties.headers).filter((name) => name.startsWith('x-')),
    ['x-own'],
  );
});

test('cuts an error that would not fit a frame', () => {
  const reason = 'x'.repeat(100_000);
  const { properties } = republished({ ...failed, reason, delivery: delivery({}) }, 'retry', 2);
  assert.equal(String(properties.headers['hurricane-error']).length, 2000);
});

test('suspects a message whose last attempt took down what ran it', () => {
  const classes = ['crash', 'timeout', 'error', undefined];
  assert.deepEqual(
    classes.map((failure) => isSuspect({ 'hurricane-error-class': failure })),
    [true, true, false, false],
  );
});

test('suspects a message that came back more often than a rollout explains', () => {
  const counts = [undefined, 1, 2, 3, 7, '7'];
  assert.deepEqual(
    counts.map((count) => returnsOf({ 'x-delivery-count': count })),
    [0, 0, 0, 3, 7, 0],
  );
});

test('believes no attempt that is not a number from 1 on', () => {
  assert.deepEqual(
    [2, 0, -1, '3', null].map((told) => attemptOf({ 'hurricane-attempt': told })),
    [2, undefined, undefined, undefined, undefined],
  );
});

function delivery(headers: Readonly<Record<string, unknown>>): Delivery {
  return {
    body: Buffer.from('body'),
    properties: { messageId: 'm1', headers },
    ...{ exchange: 'events', routingKey: 'order.made', redelivered: false, attempt: 1 },
    isCurrent: () => true,
    ack: () => undefined,
    release: () => undefined,
    requeue: () => undefined,
  };
}
