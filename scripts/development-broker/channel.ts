// One channel of a client: what it declares, publishes, takes and settles.

import { Refusal, type Arguments, type Method, type MethodName } from './methods.ts';
import type { Consumer, Message, Queue, Queued } from './queue.ts';
import type { FieldTable } from './wire.ts';
import type { VirtualHost } from './virtual-host.ts';

export interface ChannelOptions {
  readonly vhost: VirtualHost;
  readonly send: <Name extends MethodName>(
    name: Name,
    args: Arguments<Name>,
    content?: Content,
  ) => void;
}

export type Content = Pick<Message, 'properties' | 'body'>;

/** A message that the client has, and has not said what is to become of it. */
interface Unsettled {
  readonly queue: Queue;
  readonly queued: Queued;
  readonly consumer: Consumer | undefined;
}

interface Subscribed {
  readonly queue: Queue;
  readonly consumer: Consumer;
}

/** A message of which parts are still to come. */
interface Incoming {
  readonly publish: Arguments<'basic.publish'>;
  readonly properties: Buffer;
  readonly size: number;
  readonly parts: Buffer[];
}

export class Channel {
  readonly #options: ChannelOptions;
  readonly #unsettled = new Map<number, Unsettled>();
  readonly #consumers = new Map<string, Subscribed>();
  #lastTag = 0;
  #lastConsumer = 0;
  #prefetch = 0;
  /** How many were confirmed; undefined: none is to be. */
  #confirmed: number | undefined;
  #announced: Arguments<'basic.publish'> | undefined;
  #incoming: Incoming | undefined;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  perform(method: Method): void {
    if (this.#announced !== undefined || this.#incoming !== undefined) {
      throw new Refusal(505, `${method.name} came in the middle of a message`);
    }
    const { vhost, send } = this.#options;
    const { name, args } = method;
    switch (name) {
      case 'exchange.declare':
        if (args.passive) vhost.exchange(args.exchange);
        else vhost.declareExchange(args);
        if (!args.noWait) send('exchange.declare-ok', {});
        break;
      case 'queue.declare':
        this.#declareQueue(args);
        break;
      case 'queue.bind':
        vhost.bind(args.queue, args.exchange, args.routingKey);
        if (!args.noWait) send('queue.bind-ok', {});
        break;
      case 'basic.qos':
        if (args.global) throw new Refusal(540, 'the prefetch of a whole channel');
        this.#prefetch = args.count;
        send('basic.qos-ok', {});
        break;
      case 'basic.consume':
        this.#consume(args);
        break;
      case 'basic.cancel':
        this.#leave(args.consumerTag);
        if (!args.noWait) send('basic.cancel-ok', { consumerTag: args.consumerTag });
        break;
      case 'basic.publish':
        if (args.immediate) throw new Refusal(540, 'immediate=true');
        if (args.exchange !== '') vhost.exchange(args.exchange);
        this.#announced = args;
        break;
      case 'basic.get':
        this.#get(args);
        break;
      case 'basic.ack':
        for (const { queue, consumer } of this.#settle(args)) queue.makeRoom(consumer);
        break;
      case 'basic.nack':
        this.#refuse(this.#settle(args), args.requeue);
        break;
      case 'basic.reject':
        this.#refuse(this.#settle({ tag: args.tag, multiple: false }), args.requeue);
        break;
      case 'confirm.select':
        this.#confirmed ??= 0;
        if (!args.noWait) send('confirm.select-ok', {});
        break;
      default:
        throw new Refusal(503, `${name} has no place on an open channel`);
    }
  }

  /** What precedes a body: its size and its properties. */
  header(payload: Buffer): void {
    if (this.#announced === undefined) throw new Refusal(505, 'a header without a publish');
    const size = Number(payload.readBigUInt64BE(4));
    const properties = payload.subarray(12);
    this.#incoming = { publish: this.#announced, properties, size, parts: [] };
    this.#announced = undefined;
    this.#publishWhole(this.#incoming);
  }

  body(part: Buffer): void {
    if (this.#incoming === undefined) throw new Refusal(505, 'a body without a header');
    this.#incoming.parts.push(part);
    this.#publishWhole(this.#incoming);
  }

  /** Its consumers leave, and what it has not settled goes back. */
  close(): void {
    for (const tag of [...this.#consumers.keys()]) this.#leave(tag);
    const unsettled = [...this.#unsettled.values()];
    this.#unsettled.clear();
    for (const { queue, queued } of unsettled) queue.giveBack(queued);
  }

  #declareQueue(args: Arguments<'queue.declare'>): void {
    const { vhost, send } = this.#options;
    if (args.queue === '' || args.exclusive || args.autoDelete) {
      throw new Refusal(540, 'the development broker has no unnamed, exclusive or passing queues');
    }
    const queue = args.passive ? vhost.queue(args.queue) : vhost.declareQueue(args);
    const { name, messageCount, consumers } = queue;
    if (args.noWait) return;
    send('queue.declare-ok', { queue: name, messages: messageCount, consumers: consumers.length });
  }

  #consume(args: Arguments<'basic.consume'>): void {
    const { vhost, send } = this.#options;
    const queue = vhost.queue(args.queue);
    if (queue.consumers.some(({ exclusive }) => exclusive || args.exclusive)) {
      throw new Refusal(403, `queue '${queue.name}' in vhost '/' in exclusive use`);
    }
    this.#lastConsumer += 1;
    const tag = args.consumerTag === '' ? `consumer-${this.#lastConsumer}` : args.consumerTag;
    if (this.#consumers.has(tag)) throw new Refusal(530, `consumer tag '${tag}' is in use`);
    const prefetch = args.noAck || this.#prefetch === 0 ? Infinity : this.#prefetch;
    const consumer: Consumer = {
      exclusive: args.exclusive,
      priority: priorityOf(args.arguments),
      room: prefetch,
      deliver: (queued) => {
        this.#lastTag += 1;
        if (!args.noAck) this.#unsettled.set(this.#lastTag, { queue, queued, consumer });
        const handed = { tag: this.#lastTag, ...placeOf(queued) };
        send('basic.deliver', { consumerTag: tag, ...handed }, queued.message);
      },
      onCancelled: () => {
        this.#consumers.delete(tag);
        send('basic.cancel', { consumerTag: tag, noWait: true });
      },
    };
    this.#consumers.set(tag, { queue, consumer });
    if (!args.noWait) send('basic.consume-ok', { consumerTag: tag });
    queue.subscribe(consumer);
  }

  #leave(tag: string): void {
    const { queue, consumer } = this.#consumers.get(tag) ?? {};
    this.#consumers.delete(tag);
    if (consumer !== undefined) queue?.unsubscribe(consumer);
  }

  #get({ queue: name, noAck }: Arguments<'basic.get'>): void {
    const { vhost, send } = this.#options;
    const queue = vhost.queue(name);
    const queued = queue.take();
    if (queued === undefined) {
      send('basic.get-empty', { reserved: '' });
      return;
    }
    this.#lastTag += 1;
    if (!noAck) this.#unsettled.set(this.#lastTag, { queue, queued, consumer: undefined });
    const messages = queue.messageCount;
    send('basic.get-ok', { tag: this.#lastTag, ...placeOf(queued), messages }, queued.message);
  }

  #publishWhole({ publish, properties, size, parts }: Incoming): void {
    const received = parts.reduce((sum, part) => sum + part.length, 0);
    if (received > size) throw new Refusal(505, 'a body is longer than its header says');
    if (received < size) return;
    this.#incoming = undefined;
    const { exchange, routingKey, mandatory } = publish;
    const message = { exchange, routingKey, properties, body: Buffer.concat(parts) };
    const { vhost, send } = this.#options;
    const isRouted = vhost.publish(message);
    if (!isRouted && mandatory) {
      send('basic.return', { code: 312, text: 'NO_ROUTE', exchange, routingKey }, message);
    }
    if (this.#confirmed === undefined) return;
    this.#confirmed += 1;
    send('basic.ack', { tag: this.#confirmed, multiple: false });
  }

  #refuse(refused: readonly Unsettled[], requeue: boolean): void {
    for (const { queue, queued, consumer } of refused) {
      if (requeue) queue.giveBack(queued);
      else queue.discard(queued);
      queue.makeRoom(consumer);
    }
  }

  /** With `multiple` all up to the tag, and with 0 all there are. */
  #settle({ tag, multiple }: Arguments<'basic.ack'>): readonly Unsettled[] {
    const isMeant = (each: number): boolean => (multiple ? tag === 0 || each <= tag : each === tag);
    const tags = [...this.#unsettled.keys()].filter(isMeant);
    if (tags.length === 0 && tag !== 0) throw new Refusal(406, `unknown delivery tag ${tag}`);
    return tags.flatMap((each) => {
      const unsettled = this.#unsettled.get(each);
      this.#unsettled.delete(each);
      return unsettled ?? [];
    });
  }
}

function placeOf({ message, redelivered }: Queued) {
  const { exchange, routingKey } = message;
  return { redelivered, exchange, routingKey };
}

function priorityOf(args: FieldTable): number {
  const strange = Object.keys(args).find((name) => name !== 'x-priority');
  if (strange !== undefined) {
    throw new Refusal(540, `the development broker has no consumers with ${strange}`);
  }
  const priority = args['x-priority'];
  return typeof priority === 'number' ? priority : 0;
}
