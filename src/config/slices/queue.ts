// Slice: where messages come from, and where failed ones go.

import type { QueueConfig } from '../config.ts';
import type { Consumed } from './slice.ts';

export function queueConfig(
  values: Consumed<
    | 'deadLetter'
    | 'durable'
    | 'exchange'
    | 'exchangeType'
    | 'exclusive'
    | 'missing'
    | 'prefetch'
    | 'priority'
    | 'queue'
    | 'queueArg'
    | 'queueType'
    | 'retry'
    | 'routingKey'
    | 'singleActive'
    | 'topology'
  >,
): QueueConfig {
  return {
    name: values.queue ?? '',
    exchange: values.exchange,
    exchangeType: values.exchangeType,
    routingKeys: values.routingKey,
    topology: values.topology,
    durable: values.durable,
    type: values.queueType,
    arguments: values.queueArg,
    missing: values.missing,
    prefetch: values.prefetch,
    exclusive: values.exclusive,
    singleActive: values.singleActive,
    priority: values.priority,
    retryDelaysMs: values.retry,
    deadLetter: values.deadLetter,
  };
}
