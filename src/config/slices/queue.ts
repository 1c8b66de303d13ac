// Slice: where messages come from, and where failed ones go.

import type { Consumed } from './slice.ts';

export interface QueueArgument {
  readonly name: string;
  readonly value: string | number | boolean;
}

export interface QueueConfig {
  readonly name: string;
  /** Undefined: the queue is bound to nothing. */
  readonly exchange: string | undefined;
  readonly exchangeType: 'topic' | 'direct' | 'fanout' | 'headers';
  /** None: what the handler says, or the name of the queue. */
  readonly routingKeys: readonly string[];
  readonly topology: 'declare' | 'passive' | 'none';
  readonly durable: boolean;
  readonly type: 'quorum' | 'classic';
  readonly arguments: readonly QueueArgument[];
  /** What to do about a queue that is not there. */
  readonly missing: 'wait' | 'fail';
  readonly prefetch: number;
  readonly exclusive: boolean;
  readonly singleActive: boolean;
  readonly priority: number | undefined;
  /** The delays of the retry queues, ascending. */
  readonly retryDelaysMs: readonly number[];
  readonly deadLetter: string;
}

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
