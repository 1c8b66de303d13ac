// Rows of the table of options: where messages come from, and where failed ones go.

import type { Option } from '../option.ts';
import { inHandCount, ladder, queueArgument } from '../message-specs.ts';
import { choice, countOrZero, onOff, text } from '../parsers.ts';
import { consuming } from './commands.ts';

export const queueOptions = {
  queue: {
    on: consuming,
    group: 'queue',
    parser: text,
    help: 'queue to take messages from',
  },
  exchange: {
    on: consuming,
    group: 'queue',
    parser: text,
    help: 'exchange that the queue is bound to',
  },
  'exchange-type': {
    on: consuming,
    group: 'queue',
    parser: choice('topic', 'direct', 'fanout', 'headers'),
    default: 'topic',
    help: 'type of the exchange',
  },
  'routing-key': {
    on: consuming,
    group: 'queue',
    parser: text,
    list: true,
    help: 'key that the queue is bound with; otherwise what routingKeys(queue) of the handler says, or the name of the queue',
  },
  topology: {
    on: consuming,
    group: 'queue',
    parser: choice('declare', 'passive', 'none'),
    default: {
      describe: 'declare; none with protocol 1.0',
      derive: (s) => (s.protocol === '1.0' ? 'none' : 'declare'),
    },
    help: 'declare exchange, queues and bindings, only check that they are there, or neither',
  },
  durable: {
    on: consuming,
    group: 'queue',
    parser: onOff,
    default: 'true',
    help: 'exchange and queues outlive a restart of the broker',
  },
  'queue-type': {
    on: consuming,
    group: 'queue',
    parser: choice('quorum', 'classic'),
    default: {
      describe: 'quorum; classic when not durable',
      derive: (s) => (s.durable ? 'quorum' : 'classic'),
    },
    help: 'type of the queues',
  },
  'queue-arg': {
    on: consuming,
    group: 'queue',
    parser: queueArgument,
    list: true,
    help: 'further argument of the queue, such as x-max-length=10000',
  },
  missing: {
    on: consuming,
    group: 'queue',
    parser: choice('wait', 'fail'),
    default: 'wait',
    help: 'a queue that is not there, or is deleted: wait for it, or exit with 69',
  },
  prefetch: {
    on: consuming,
    group: 'queue',
    parser: inHandCount,
    default: { describe: 'concurrency', derive: (s) => String(s.concurrency) },
    help: 'messages that the broker hands out before they are settled',
  },
  exclusive: {
    on: consuming,
    group: 'queue',
    parser: onOff,
    flag: true,
    default: 'false',
    help: 'nobody else may consume the queue at the same time; only of a classic queue',
  },
  'single-active': {
    on: consuming,
    group: 'queue',
    parser: onOff,
    flag: true,
    default: 'false',
    help: 'of all who consume the queue only one is given messages, the others stand by',
  },
  priority: {
    on: consuming,
    group: 'queue',
    parser: countOrZero,
    help: 'who consumes with the higher one is given messages first',
  },
  retry: {
    on: consuming,
    group: 'retry',
    parser: ladder,
    default: '1s,10s,1m,10m',
    help: 'delays after failed attempts: a list, exp:FIRST:xFACTOR:LONGEST:COUNT, or none',
  },
  'dead-letter': {
    on: consuming,
    group: 'retry',
    parser: text,
    default: { describe: 'QUEUE.dead', derive: (s) => `${s.queue}.dead` },
    help: 'queue for messages that are given up',
  },
  'on-exhausted': {
    on: consuming,
    group: 'retry',
    parser: choice('dead', 'requeue', 'drop'),
    default: 'dead',
    help: 'what becomes of a message after its last attempt',
  },
} as const satisfies Record<string, Option>;
