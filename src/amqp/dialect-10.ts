// How products that speak AMQP 1.0 differ: how a queue is addressed, what may be said, and what an acceptance
// is worth. Pure.

/** Where something is published. */
export interface Target {
  readonly address: string;
  /** The address is this queue's. */
  readonly queue: string | undefined;
}

export interface Dialect {
  /** False where `modified` ends the session. */
  readonly knowsModified: boolean;
  /** False where a message that no queue has taken is accepted too. */
  readonly acceptsOnlyRouted: boolean;
  /** Whether nobody has counted how often a message was handed out. */
  readonly countsDeliveries: boolean;
  queue(name: string): string;
  /** Undefined where nothing tells whether an exchange has given the message to a queue. */
  target(exchange: string, routingKey: string): Target | undefined;
}

/** By what the broker says of itself when it opens the connection. */
export function dialectOf(product: string, version: string): Dialect {
  if (product !== 'RabbitMQ') return standard;
  return Number.parseInt(version, 10) >= 4 ? rabbitmq : rabbitmq3;
}

const standard: Dialect = {
  knowsModified: true,
  acceptsOnlyRouted: true,
  countsDeliveries: true,
  queue: (name) => name,
  // Where there are exchanges, the key is the subject of the message.
  target: (exchange, key) =>
    exchange === '' ? { address: key, queue: key } : { address: exchange, queue: undefined },
};

const rabbitmq: Dialect = {
  ...standard,
  queue: (name) => `/queues/${encodeURIComponent(name)}`,
  target: (exchange, key) =>
    exchange === ''
      ? { address: rabbitmq.queue(key), queue: key }
      : {
          address: `/exchanges/${encodeURIComponent(exchange)}/${encodeURIComponent(key)}`,
          queue: undefined,
        },
};

/** The plugin of 3.x: it takes each character of an address for one byte, and only a slash is escaped. */
const rabbitmq3: Dialect = {
  knowsModified: false,
  acceptsOnlyRouted: false,
  countsDeliveries: false,
  queue: (name) => `/amq/queue/${Buffer.from(name).toString('latin1').replaceAll('/', '%2F')}`,
  target: (exchange, key) =>
    exchange === '' ? { address: rabbitmq3.queue(key), queue: key } : undefined,
};
