// AMQP 1.0. One link is a connection to consume and one to publish, since a broker in need of memory stops reading
// from those that publish. Whatever of it breaks, the whole link ends.

import type { BrokerAddress } from '../config/slices/broker.ts';
import { HurricaneError } from '../core/errors.ts';
import { onAbort, pause } from '../lib/waiting.ts';
import { addressOf, displayPlace, tryingAt } from './broker-address.ts';
import { Delivery10 } from './delivery-10.ts';
import { dialectOf, type Dialect } from './dialect-10.ts';
import { connectFault, endReason, isMissing, linkFault, republishRefusal } from './faults-10.ts';
import type { Trying } from './faults.ts';
import { Publisher10 } from './publisher-10.ts';
import { checkQueue } from './rhea/attach.ts';
import { BrokerConnection } from './rhea/connection.ts';
import { QueueReceiver } from './rhea/queue-receiver.ts';
import { Settlements10, type Settlement } from './settlements-10.ts';
import { sideQueues } from './topology.ts';
import {
  LinkError,
  OPEN_MS,
  openedTooLate,
  type Link,
  type LinkEnd,
  type OpenOptions,
  type Publishing,
  type Transport,
  type TransportOptions,
} from './transport.ts';

export class Amqp10 implements Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  address(attempt: number): string {
    return displayPlace(addressOf(this.#options.broker, attempt));
  }

  async open(open: OpenOptions): Promise<Link> {
    const { broker, queue } = this.#options;
    const address = addressOf(broker, open.attempt);
    const trying = tryingAt(address, broker, queue);
    const link = new Link10({ ...this.#options, address, trying, open });
    await link.begin();
    return link;
  }
}

interface LinkOptions extends TransportOptions {
  readonly address: BrokerAddress;
  readonly trying: Trying;
  readonly open: OpenOptions;
}

class Link10 implements Link {
  readonly blocked = false; // no broker says so in this protocol
  readonly #options: LinkOptions;
  readonly #ended = Promise.withResolvers<LinkEnd>();
  readonly #over = new AbortController();
  readonly #consuming: BrokerConnection;
  readonly #publishing: BrokerConnection;
  readonly #receiver: QueueReceiver;
  readonly #publisher: Publisher10;
  readonly #settlements: Settlements10;
  #dialect: Dialect = dialectOf('', '');
  /** Since the last look whether the queue is there. */
  #handedOut = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#consuming = this.#connection();
    this.#publishing = this.#connection();
    this.#receiver = new QueueReceiver({
      connection: this.#consuming,
      prefetch: options.queue.prefetch,
      onMessage: (message, handed) => {
        this.#handedOut += 1;
        options.open.onDelivery(new Delivery10(this, message, handed));
      },
      onGone: (reason) => this.#end('cancelled', reason),
    });
    this.#publisher = new Publisher10({
      connection: this.#publishing,
      dialect: () => this.#dialect,
      ended: this.ended,
    });
    this.#settlements = new Settlements10({
      dialect: () => this.#dialect,
      over: this.#over.signal,
      onTold: (count) => this.#receiver.settled(count),
    });
  }

  get broker(): string {
    const { product = 'a broker', version = '' } = this.#consuming.product;
    return `${[product, version].join(' ').trim()} at ${this.#options.trying.at}`;
  }

  get ended(): Promise<LinkEnd> {
    return this.#ended.promise;
  }

  get alive(): boolean {
    return !this.#over.signal.aborted;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  /** Connections, a look at the topology, consumer; nothing is left of the link when it rejects. */
  async begin(): Promise<void> {
    const late = (): void => this.#end('timeout', openedTooLate());
    const timer = setTimeout(late, OPEN_MS);
    const stopWaiting = onAbort(this.#options.open.signal, late);
    try {
      await this.#open();
    } catch (error) {
      this.#end('channel', this.#faultOf(error));
      const { cause, reason, fatal } = await this.ended;
      throw fatal ?? new LinkError(cause, reason);
    } finally {
      clearTimeout(timer);
      stopWaiting();
    }
  }

  publish(publishing: Publishing): Promise<void> {
    return this.#publisher.publish(publishing, () => undefined);
  }

  republish(publishing: Publishing): Promise<void> {
    return this.#publisher.publish(publishing, (error) => {
      const refusal = republishRefusal(error, this.#options.trying);
      if (refusal !== undefined) this.#end('channel', refusal);
    });
  }

  /** Frames do not bound them in this protocol. */
  headerRoom(): number {
    return Infinity;
  }

  /** Queues are not ours to make in this protocol. */
  async redeclare(): Promise<void> {
    // What is missing has to come back by other hands.
  }

  cancel(signal: AbortSignal): Promise<void> {
    return this.#receiver.cancel(signal);
  }

  resume(): Promise<void> {
    this.#receiver.resume();
    return Promise.resolve();
  }

  async close(signal: AbortSignal): Promise<void> {
    if (this.alive) {
      this.#settlements.flush();
      const abortSignal = AbortSignal.any([signal, this.#over.signal]);
      await Promise.allSettled(this.#connections.map((each) => each.close(abortSignal)));
    }
    this.#end('closed', undefined);
  }

  settle(settlement: Settlement): void {
    this.#settlements.add(settlement);
  }

  get #connections(): readonly BrokerConnection[] {
    return [this.#consuming, this.#publishing];
  }

  #connection(): BrokerConnection {
    const { broker, address, trying, connectionName } = this.#options;
    return new BrokerConnection({
      ...{ broker, address, trying, connectionName },
      over: this.#over.signal,
      onLost: (error, heard) => {
        const reason = this.#receiver.begun ? error : connectFault(error, heard, trying);
        this.#end('connection', reason);
      },
    });
  }

  async #open(): Promise<void> {
    const { queue } = this.#options;
    await this.#consuming.open();
    await this.#publishing.open();
    const { product = '', version = '' } = this.#consuming.product;
    this.#dialect = dialectOf(product, version);
    if (queue.topology === 'passive') await this.#checkSideQueues();
    await this.#receiver.begin(this.#dialect.queue(queue.name));
    void this.#noticeDeletion();
  }

  /** RabbitMQ 3.x does not always tell a consumer that its queue has gone. */
  async #noticeDeletion(): Promise<void> {
    const { queue, broker } = this.#options;
    while (await pause(broker.heartbeatMs, this.#over.signal)) {
      const isQuiet = this.#handedOut === 0;
      this.#handedOut = 0;
      if (!isQuiet) continue;
      await this.#check(queue.name).catch((error: unknown) => {
        if (isMissing(error)) this.#end('cancelled', error);
      });
    }
  }

  async #checkSideQueues(): Promise<void> {
    for (const { name } of sideQueues(this.#options.queue)) await this.#check(name);
  }

  #check(queue: string): Promise<void> {
    return checkQueue(this.#publishing, this.#dialect.queue(queue));
  }

  #faultOf(error: unknown): Error {
    const known = error instanceof LinkError || error instanceof HurricaneError;
    return known ? error : linkFault(error, this.#options.trying);
  }

  #end(cause: LinkEnd['cause'], error: unknown): void {
    if (!this.alive) return;
    const fatal = error instanceof HurricaneError ? error : undefined;
    const end =
      error instanceof LinkError ? error.end : { cause, reason: endReason(error, cause), fatal };
    this.#ended.resolve(end);
    this.#over.abort();
    for (const connection of this.#connections) connection.destroy(end.reason);
  }
}
