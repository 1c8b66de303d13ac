// One queue that is consumed over AMQP 1.0: how many deliveries the broker may hand out, and that none comes.

import { once } from 'node:events';

import { ReceiverEvents, type Delivery, type Message, type Receiver } from 'rhea-promise';

import { onAbort } from '../../lib/waiting.ts';
import { attachReceiver } from './attach.ts';
import type { BrokerConnection } from './connection.ts';

/** For a broker to say that no delivery is on its way. */
const CANCEL_MS = 1000;

export interface QueueReceiverOptions {
  readonly connection: BrokerConnection;
  readonly prefetch: number;
  readonly onMessage: (message: Message, delivery: Delivery) => void;
  /** The broker has ended it, and says why. */
  readonly onGone: (reason: unknown) => void;
}

export class QueueReceiver {
  readonly #options: QueueReceiverOptions;
  #receiver: Receiver | undefined;
  #cancelled = false;
  /** Handed out, and the broker was not told what became of them. */
  #unsettled = 0;

  constructor(options: QueueReceiverOptions) {
    this.#options = options;
  }

  /** Whether deliveries come, or have come. */
  get begun(): boolean {
    return this.#receiver !== undefined;
  }

  /** Deliveries come from now on. */
  async begin(address: string): Promise<void> {
    const { connection, prefetch, onMessage, onGone } = this.#options;
    const { link, gone } = await attachReceiver(connection, address, ({ message, delivery }) => {
      if (message === undefined || delivery === undefined || this.#isOver) return;
      this.#unsettled += 1;
      onMessage(message, delivery);
    });
    this.#receiver = link;
    onAbort(gone, () => onGone(gone.reason));
    link.addCredit(prefetch);
  }

  /** The broker was told of so many. */
  settled(count: number): void {
    this.#unsettled -= count;
    if (!this.#cancelled) this.#receiver?.addCredit(count);
  }

  async cancel(signal: AbortSignal): Promise<void> {
    this.#cancelled = true;
    if (this.#isOver || this.#receiver === undefined) return;
    const { over } = this.#options.connection;
    const drained = once(this.#receiver, ReceiverEvents.receiverDrained, {
      signal: AbortSignal.any([signal, over, AbortSignal.timeout(CANCEL_MS)]),
    });
    this.#receiver.drainCredit();
    await drained.catch(() => undefined); // what still comes is given back
  }

  resume(): void {
    this.#cancelled = false;
    const credit = this.#options.prefetch - this.#unsettled;
    if (this.#isOver || this.#receiver === undefined) return;
    // The library leaves it set, and the next credit would be drained too.
    this.#receiver.drain = false;
    if (credit > 0) this.#receiver.addCredit(credit);
  }

  get #isOver(): boolean {
    return this.#options.connection.over.aborted;
  }
}
