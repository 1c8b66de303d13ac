// What a consumer needs at the broker, as a list of declarations: pure.

import type { QueueConfig } from '../config/slices/queue.ts';

export type Declaration =
  | {
      readonly kind: 'exchange';
      readonly name: string;
      readonly type: string;
      readonly durable: boolean;
    }
  | {
      readonly kind: 'queue';
      readonly name: string;
      readonly durable: boolean;
      readonly arguments: Readonly<Record<string, string | number | boolean>>;
    }
  | {
      readonly kind: 'binding';
      readonly queue: string;
      readonly exchange: string;
      readonly key: string;
    };

/**
 * How often a quorum queue hands a message out before it goes to the dead letters: for messages that end
 * the whole consumer. Every stop that gives a message back counts too, so it must outlast many rollouts.
 */
const DELIVERY_LIMIT = 100;

/** Where a message waits before its next attempt: one queue per delay, or a long one would block a short. */
export function retryQueue(queue: string, delayMs: number): string {
  return `${queue}.retry.${delayMs}`;
}

/** In the order in which they must be made: what others point to comes first. */
export function declarations(
  config: QueueConfig,
  routingKeys: readonly string[],
): readonly Declaration[] {
  const { name, exchange, exchangeType, durable } = config;
  return [
    ...sideQueues(config),
    { kind: 'queue', name, durable, arguments: { ...mainArguments(config), ...given(config) } },
    ...(exchange === undefined || isBuiltIn(exchange)
      ? []
      : [{ kind: 'exchange', name: exchange, type: exchangeType, durable } as const]),
    ...(exchange === undefined
      ? []
      : routingKeys.map((key) => ({ kind: 'binding', queue: name, exchange, key }) as const)),
  ];
}

/** The queues that failed messages go to. */
export function sideQueues({
  name,
  durable,
  type,
  deadLetter,
  retryDelaysMs,
}: QueueConfig): readonly Extract<Declaration, { kind: 'queue' }>[] {
  return [
    { kind: 'queue', name: deadLetter, durable, arguments: typeOf(type) },
    ...retryDelaysMs.map((delayMs) => ({
      kind: 'queue' as const,
      name: retryQueue(name, delayMs),
      durable,
      arguments: { ...typeOf(type), 'x-message-ttl': delayMs, ...deadLetteringTo(name, type) },
    })),
  ];
}

function mainArguments({
  type,
  deadLetter,
  singleActive,
}: QueueConfig): Record<string, string | number | boolean> {
  return {
    ...typeOf(type),
    ...(type === 'quorum'
      ? { 'x-delivery-limit': DELIVERY_LIMIT, ...deadLetteringTo(deadLetter, type) }
      : {}),
    ...(singleActive ? { 'x-single-active-consumer': true } : {}),
  };
}

/** `at-least-once` is not the default, and is only allowed together with `reject-publish`. */
function deadLetteringTo(queue: string, type: QueueConfig['type']): Record<string, string> {
  return {
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': queue,
    ...(type === 'quorum'
      ? { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' }
      : {}),
  };
}

function typeOf(type: QueueConfig['type']): Record<string, string> {
  return { 'x-queue-type': type };
}

function given({ arguments: list }: QueueConfig): Record<string, string | number | boolean> {
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

/** They are there from the beginning, and nobody may declare them. */
function isBuiltIn(exchange: string): boolean {
  return exchange === '' || exchange.startsWith('amq.');
}
