// Exchanges, queues and the bindings between them: what is declared, and which way a message goes.

import { Refusal } from './methods.ts';
import { Queue, type Message } from './queue.ts';
import type { FieldTable } from './wire.ts';

const exchangeTypes = ['direct', 'fanout', 'topic'] as const;
type ExchangeType = (typeof exchangeTypes)[number];

interface Exchange {
  readonly type: ExchangeType;
  readonly durable: boolean;
  readonly bindings: { readonly queue: Queue; readonly key: string }[];
}

interface ExchangeDeclaration {
  readonly exchange: string;
  readonly type: string;
  readonly durable: boolean;
}

interface QueueDeclaration {
  readonly queue: string;
  readonly durable: boolean;
  readonly arguments: FieldTable;
}

const queueArguments: readonly string[] = [
  ...['x-message-ttl', 'x-dead-letter-exchange', 'x-dead-letter-routing-key'],
  'x-single-active-consumer',
  // Of no effect here.
  ...['x-queue-type', 'x-delivery-limit', 'x-dead-letter-strategy', 'x-overflow'],
];

export class VirtualHost {
  readonly #exchanges = new Map<string, Exchange>(
    exchangeTypes.map((type) => [`amq.${type}`, { type, durable: true, bindings: [] }]),
  );
  readonly #queues = new Map<string, Queue>();

  /** It is there, whoever declared it. */
  exchange(name: string): Exchange {
    const exchange = this.#exchanges.get(name);
    if (exchange === undefined) throw new Refusal(404, `no exchange '${name}' in vhost '/'`);
    return exchange;
  }

  queue(name: string): Queue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new Refusal(404, `no queue '${name}' in vhost '/'`);
    return queue;
  }

  declareExchange({ exchange: name, type, durable }: ExchangeDeclaration): void {
    const known = this.#exchanges.get(name);
    if (known !== undefined) {
      requireSame(`exchange '${name}'`, { type, durable }, known);
      return;
    }
    if (name === '' || name.startsWith('amq.')) {
      throw new Refusal(403, `exchange name '${name}' is reserved`);
    }
    const knownType = exchangeTypes.find((each) => each === type);
    if (knownType === undefined) {
      throw new Refusal(503, `the development broker has no exchanges of type '${type}'`);
    }
    this.#exchanges.set(name, { type: knownType, durable, bindings: [] });
  }

  declareQueue({ queue: name, durable, arguments: args }: QueueDeclaration): Queue {
    const known = this.#queues.get(name);
    if (known !== undefined) {
      requireSame(
        `queue '${name}'`,
        { durable, ...args },
        { durable: known.durable, ...known.arguments },
      );
      return known;
    }
    const strange = Object.keys(args).find((argument) => !queueArguments.includes(argument));
    if (strange !== undefined) {
      throw new Refusal(540, `the development broker has no queues with ${strange}`);
    }
    const queue = new Queue(name, durable, args, (message) => this.publish(message));
    this.#queues.set(name, queue);
    return queue;
  }

  bind(queueName: string, exchangeName: string, key: string): void {
    if (exchangeName === '') throw new Refusal(403, 'the default exchange takes no bindings');
    const queue = this.queue(queueName);
    const { bindings } = this.exchange(exchangeName);
    if (!bindings.some((each) => each.queue === queue && each.key === key)) {
      bindings.push({ queue, key });
    }
  }

  /** False when no queue takes it, be it that there is no such exchange. */
  publish(message: Message): boolean {
    const queues = this.#queuesFor(message);
    for (const queue of queues) queue.add(message);
    return queues.size > 0;
  }

  close(): void {
    for (const queue of this.#queues.values()) queue.close();
  }

  #queuesFor({ exchange: name, routingKey }: Message): ReadonlySet<Queue> {
    if (name === '') {
      const queue = this.#queues.get(routingKey);
      return new Set(queue === undefined ? [] : [queue]);
    }
    const { type, bindings = [] } = this.#exchanges.get(name) ?? {};
    const taking = bindings.filter(({ key }) => {
      if (type === 'fanout') return true;
      return type === 'topic' ? matchesTopic(key, routingKey) : key === routingKey;
    });
    return new Set(taking.map(({ queue }) => queue));
  }
}

/** In a pattern `*` is any one word and `#` any number of words, none included. */
export function matchesTopic(pattern: string, routingKey: string): boolean {
  return matchesWords(wordsOf(pattern), wordsOf(routingKey));
}

function wordsOf(key: string): readonly string[] {
  return key === '' ? [] : key.split('.');
}

function matchesWords(pattern: readonly string[], words: readonly string[]): boolean {
  const [first, ...others] = pattern;
  if (first === undefined) return words.length === 0;
  if (first === '#') {
    return (
      matchesWords(others, words) || (words.length > 0 && matchesWords(pattern, words.slice(1)))
    );
  }
  return (
    words.length > 0 && [words[0], '*'].includes(first) && matchesWords(others, words.slice(1))
  );
}

function requireSame(what: string, asked: object, known: object): void {
  const [now, before] = [new Map(Object.entries(asked)), new Map(Object.entries(known))];
  const different = [...now.keys(), ...before.keys()].find(
    (name) => name !== 'bindings' && now.get(name) !== before.get(name),
  );
  if (different === undefined) return;
  const show = (values: ReadonlyMap<string, unknown>): string =>
    values.has(different) ? `'${String(values.get(different))}'` : 'none';
  throw new Refusal(
    406,
    `inequivalent arg '${different}' for ${what} in vhost '/': received ${show(now)} but current is ${show(before)}`,
  );
}
