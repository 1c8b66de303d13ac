// The only importer of amqplib: AMQP 0-9-1, as RabbitMQ speaks it. One link is a connection to consume and
// one to publish with confirms, since a broker in need of memory stops reading from those that publish.
// Whatever of it breaks, the whole link ends, but for the channel that handlers publish over.

import type { Duplex } from 'node:stream';

import amqp, { type Channel, type ChannelModel, type ConsumeMessage, type Message } from 'amqplib';

import type { BrokerAddress } from '../config/slices/broker.ts';
import type { QueueConfig } from '../config/slices/queue.ts';
import { HurricaneError } from '../core/errors.ts';
import { doneBefore, onAbort } from '../lib/waiting.ts';
import { addressOf, displayPlace, tlsOptions, tryingAt } from './broker-address.ts';
import { channelFault, connectFault, endReason, republishFault } from './faults-091.ts';
import type { Trying } from './faults.ts';
import { headerRoom } from './field-table.ts';
import { attemptOf } from './headers.ts';
import { Publisher091 } from './publisher-091.ts';
import { Settlements } from './settlements.ts';
import { declarations, sideQueues, type Declaration } from './topology.ts';
import {
  LinkError,
  OPEN_MS,
  openedTooLate,
  type Delivery,
  type Link,
  type LinkEnd,
  type OpenOptions,
  type Properties,
  type Publishing,
  type Transport,
  type TransportOptions,
} from './transport.ts';

const ACKNOWLEDGED_WITHIN_MS = 2;

export class Amqp091 implements Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  address(attempt: number): string {
    return displayPlace(addressOf(this.#options.broker, attempt));
  }

  async open(options: OpenOptions): Promise<Link> {
    const { broker, queue } = this.#options;
    const address = addressOf(broker, options.attempt);
    const trying = tryingAt(address, broker, queue);
    const consuming = await this.#connect(address, trying, options.signal);
    const publishing = await this.#connect(address, trying, options.signal).catch(
      (error: unknown) => {
        destroy(consuming);
        throw error;
      },
    );
    const link = new Link091(
      { consuming, publishing },
      { ...this.#options, trying, open: options },
    );
    await link.begin();
    return link;
  }

  async #connect(
    address: BrokerAddress,
    trying: Trying,
    signal: AbortSignal,
  ): Promise<ChannelModel> {
    const { broker } = this.#options;
    const { host, port, vhost, user, password, tls } = address;
    const connecting = amqp.connect(
      {
        protocol: tls ? 'amqps' : 'amqp',
        ...{ hostname: host, port, vhost, username: user, password },
        heartbeat: broker.heartbeatMs / 1000,
      },
      {
        timeout: broker.connectTimeoutMs,
        noDelay: true,
        ...(broker.sasl === 'external' ? { credentials: amqp.credentials.external() } : {}),
        ...(tls ? tlsOptions(broker.tls, host) : {}),
        clientProperties: {
          product: 'hurricane',
          connection_name: this.#options.connectionName,
        },
      },
    );
    const late = Promise.withResolvers<never>();
    const stopWaiting = onAbort(signal, () =>
      late.reject(new LinkError('connection', 'stopped while connecting')),
    );
    try {
      return await Promise.race([connecting, late.promise]);
    } catch (error) {
      void connecting.then(destroy, () => undefined);
      throw error instanceof LinkError ? error : connectFault(error, trying);
    } finally {
      stopWaiting();
    }
  }
}

interface Models {
  readonly consuming: ChannelModel;
  readonly publishing: ChannelModel;
}

interface LinkOptions extends TransportOptions {
  readonly trying: Trying;
  readonly open: OpenOptions;
}

class Link091 implements Link {
  readonly #models: Models;
  readonly #options: LinkOptions;
  readonly #settlements = new Settlements();
  readonly #ended = Promise.withResolvers<LinkEnd>();
  /** Of failed messages. */
  readonly #republisher: Publisher091;
  /** What a handler may ask for closes no channel but its own. */
  readonly #publisher: Publisher091;
  #alive = true;
  #isOpen = false;
  #lastError: unknown;
  #channel: Channel | undefined;
  #consumerTag = '';
  #flushing: NodeJS.Timeout | undefined;
  blocked = false;

  constructor(models: Models, options: LinkOptions) {
    this.#models = models;
    this.#options = options;
    for (const model of [models.consuming, models.publishing]) {
      model.on('error', (error) => (this.#lastError = error));
      model.on('close', (error) => this.#end('connection', error ?? this.#lastError));
    }
    models.publishing.on('blocked', () => this.#setBlocked(true));
    models.publishing.on('unblocked', () => this.#setBlocked(false));
    const publishing = {
      open: () => models.publishing.createConfirmChannel(),
      frameMax: frameMaxOf(models.publishing),
    };
    this.#publisher = new Publisher091({ ...publishing, onFault: () => undefined });
    this.#republisher = new Publisher091({
      ...publishing,
      onFault: (error) => this.#end('channel', republishFault(error, options.trying)),
    });
  }

  get broker(): string {
    const { product, version } = this.#models.consuming.connection.serverProperties;
    return `${product} ${version} at ${this.#options.trying.at}`;
  }

  get ended(): Promise<LinkEnd> {
    return this.#ended.promise;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Channels, topology, consumer; nothing is left of the link when it rejects. */
  async begin(): Promise<void> {
    const { trying, open } = this.#options;
    const opening = this.#open();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(openedTooLate()), OPEN_MS);
    const stopWaiting = onAbort(open.signal, () => late.reject(openedTooLate()));
    const lost = this.ended.then(({ cause, reason, fatal }) => {
      throw fatal ?? new LinkError(cause, reason);
    });
    try {
      await Promise.race([opening, late.promise, lost]);
    } catch (error) {
      opening.catch(() => undefined);
      const known = error instanceof LinkError || error instanceof HurricaneError;
      const fault = known ? error : channelFault(error, trying);
      this.#end('closed', fault);
      throw fault;
    } finally {
      lost.catch(() => undefined);
      clearTimeout(timer);
      stopWaiting();
    }
  }

  publish(publishing: Publishing): Promise<void> {
    return this.#publisher.publish(publishing);
  }

  republish(publishing: Publishing): Promise<void> {
    return this.#republisher.publish(publishing);
  }

  headerRoom(properties: Properties): number {
    return headerRoom(properties, frameMaxOf(this.#models.publishing));
  }

  async redeclare(): Promise<void> {
    const { queue } = this.#options;
    if (queue.topology !== 'declare') return;
    const channel = await this.#models.publishing.createChannel();
    channel.on('error', () => undefined);
    for (const declaration of sideQueues(queue)) await declare(channel, declaration);
    await channel.close();
  }

  async cancel(signal: AbortSignal): Promise<void> {
    if (!this.#alive || this.#channel === undefined) return;
    const cancelled = this.#channel.cancel(this.#consumerTag);
    await doneBefore(cancelled, signal).catch((error: unknown) => this.#end('channel', error));
  }

  async resume(): Promise<void> {
    if (!this.#alive || this.#channel === undefined) return;
    await this.#consume(this.#channel).catch((error: unknown) => this.#end('channel', error));
  }

  async close(signal: AbortSignal): Promise<void> {
    if (this.#alive) {
      this.#flush();
      // What closes from now on does so in order, and ends nothing.
      this.#finish('closed', undefined);
      await doneBefore(this.#closeInOrder(), signal).catch(() => false);
    }
    this.#destroy();
  }

  acknowledge(tag: number): void {
    this.#settlements.acknowledge(tag);
    // Until then the broker has others to hand out, and a word for many costs as much as one for each.
    if (this.#settlements.count * 2 >= this.#options.queue.prefetch) this.#flush();
    else this.#flushing ??= setTimeout(this.#flush, ACKNOWLEDGED_WITHIN_MS);
  }

  returnToQueue(message: ConsumeMessage, how: 'release' | 'requeue'): void {
    if (!this.#alive) return;
    this.#settlements.settled(message.fields.deliveryTag);
    // Newer brokers count a rejection as a delivery that failed, and a negative acknowledgement not.
    if (how === 'release') this.#channel?.nack(message, false, true);
    else this.#channel?.reject(message, true);
  }

  async #open(): Promise<void> {
    const { queue } = this.#options;
    this.#channel = await this.#models.consuming.createChannel();
    this.#watch(this.#channel);
    await this.#declareAll(this.#channel);
    await this.#republisher.begin();
    await this.#channel.prefetch(queue.prefetch);
    await this.#consume(this.#channel);
    this.#isOpen = true;
  }

  async #consume(channel: Channel): Promise<void> {
    const { queue, open } = this.#options;
    const { consumerTag } = await channel.consume(
      queue.name,
      (message) => this.#take(message, open.onDelivery),
      {
        exclusive: queue.exclusive,
        ...(queue.priority === undefined ? {} : { priority: queue.priority }),
      },
    );
    this.#consumerTag = consumerTag;
  }

  async #declareAll(channel: Channel): Promise<void> {
    const { queue, open } = this.#options;
    if (queue.topology === 'none') return;
    // What was deleted under our hands is not made again: whoever deleted it may want it otherwise.
    if (!open.mayDeclareQueue) await channel.checkQueue(queue.name);
    for (const declaration of declarations(queue, open.routingKeys)) {
      if (queue.topology === 'declare') await declare(channel, declaration);
      else await check(channel, declaration);
    }
  }

  /** One that closes without an error of its own goes with its connection, which knows why. */
  #watch(channel: Channel): void {
    channel.on('error', (error) => {
      // While it opens, this is known before what was asked of it is known to have failed.
      this.#end('channel', this.#isOpen ? error : channelFault(error, this.#options.trying));
    });
  }

  #take(message: ConsumeMessage | null, onDelivery: OpenOptions['onDelivery']): void {
    if (message === null) {
      this.#end('cancelled', new Error('the broker has cancelled the consumer'));
    } else if (this.#alive) {
      onDelivery(new Delivery091(this, message, this.#options.queue.type));
    }
  }

  readonly #flush = (): void => {
    clearTimeout(this.#flushing);
    this.#flushing = undefined;
    if (!this.#alive || this.#settlements.count === 0) return;
    const { upTo, single } = this.#settlements.take();
    if (upTo !== undefined) this.#channel?.ack(tagged(upTo), true);
    for (const tag of single) this.#channel?.ack(tagged(tag));
  };

  async #closeInOrder(): Promise<void> {
    await this.#channel?.close();
    await Promise.all([this.#models.consuming.close(), this.#models.publishing.close()]);
  }

  #destroy(): void {
    destroy(this.#models.consuming);
    destroy(this.#models.publishing);
  }

  #setBlocked(blocked: boolean): void {
    this.blocked = blocked;
    this.#options.open.onBlocked(blocked);
  }

  #end(cause: LinkEnd['cause'], error: unknown): void {
    if (!this.#alive) return;
    this.#finish(cause, error);
    this.#destroy();
  }

  #finish(cause: LinkEnd['cause'], error: unknown): void {
    this.#alive = false;
    const fatal = error instanceof HurricaneError ? error : undefined;
    const end = { cause, reason: endReason(error, cause), fatal };
    for (const each of [this.#publisher, this.#republisher]) each.end(end.reason);
    this.#ended.resolve(error instanceof LinkError ? error.end : end);
  }
}

class Delivery091 implements Delivery {
  readonly properties: Properties;
  readonly #link: Link091;
  readonly #message: ConsumeMessage;
  readonly #queueType: QueueConfig['type'];

  constructor(link: Link091, message: ConsumeMessage, queueType: QueueConfig['type']) {
    this.#link = link;
    this.#message = message;
    this.#queueType = queueType;
    this.properties = propertiesOf(message);
  }

  get body(): Buffer {
    return this.#message.content;
  }

  get exchange(): string {
    return this.#message.fields.exchange;
  }

  get routingKey(): string {
    return this.#message.fields.routingKey;
  }

  get redelivered(): boolean {
    return this.#message.fields.redelivered;
  }

  /** A classic queue does not count: one that came back without our header is at least the second. */
  get attempt(): number {
    const uncounted = this.redelivered && this.#queueType === 'classic' ? 2 : 1;
    return attemptOf(this.properties.headers) ?? uncounted;
  }

  isCurrent(): boolean {
    return this.#link.alive;
  }

  ack(): void {
    this.#link.acknowledge(this.#message.fields.deliveryTag);
  }

  release(): void {
    this.#link.returnToQueue(this.#message, 'release');
  }

  requeue(): void {
    this.#link.returnToQueue(this.#message, 'requeue');
  }
}

async function declare(channel: Channel, declaration: Declaration): Promise<void> {
  switch (declaration.kind) {
    case 'exchange': {
      const { name, type, durable } = declaration;
      await channel.assertExchange(name, type, { durable });
      break;
    }
    case 'queue': {
      const { name, durable } = declaration;
      await channel.assertQueue(name, { durable, arguments: declaration.arguments });
      break;
    }
    case 'binding':
      await channel.bindQueue(declaration.queue, declaration.exchange, declaration.key);
  }
}

/** Bindings cannot be looked at. */
async function check(channel: Channel, declaration: Declaration): Promise<void> {
  if (declaration.kind === 'exchange') await channel.checkExchange(declaration.name);
  else if (declaration.kind === 'queue') await channel.checkQueue(declaration.name);
}

/** The library asks for a message and only takes its tag. */
function tagged(deliveryTag: number): Message {
  return { fields: { deliveryTag } } as Message;
}

function propertiesOf({ properties }: ConsumeMessage): Properties {
  // Typed as any by the library; the codec makes strings and numbers of them.
  const known = properties as Omit<Properties, 'headers'>;
  const { timestamp } = known;
  return {
    messageId: known.messageId,
    correlationId: known.correlationId,
    contentType: known.contentType,
    contentEncoding: known.contentEncoding,
    replyTo: known.replyTo,
    type: known.type,
    appId: known.appId,
    priority: known.priority,
    // Seconds on the wire.
    timestamp: timestamp === undefined ? undefined : timestamp * 1000,
    headers: properties.headers ?? {},
  };
}

/** As agreed with the broker, which the library does not tell. */
function frameMaxOf({ connection }: ChannelModel): number {
  return (connection as unknown as { readonly frameMax: number }).frameMax;
}

/** At once, whatever is still to be said. */
function destroy(model: ChannelModel): void {
  model.on('error', () => undefined);
  // The library keeps its socket to itself, and its heartbeat beats on unless that has an error.
  const { stream } = model.connection as unknown as { readonly stream: Duplex };
  stream.destroy(new Error('given up'));
}
