// A message that a broker of AMQP 1.0 has handed out, as consumers see it.

import type { Dialect } from './dialect-10.ts';
import { attemptIn, bodyOf, isRedelivered, propertiesOf, type Sections } from './message-10.ts';
import type { Handed, Settlement } from './settlements-10.ts';
import type { Delivery, Properties } from './transport.ts';

/** What it came over. */
export interface Origin10 {
  readonly alive: boolean;
  readonly dialect: Dialect;
  settle(settlement: Settlement): void;
}

type Message = Sections & { readonly body?: unknown };

export class Delivery10 implements Delivery {
  readonly exchange = ''; // the protocol knows none
  readonly body: Buffer;
  readonly properties: Properties;
  readonly #origin: Origin10;
  readonly #message: Message;
  readonly #handed: Handed;

  constructor(origin: Origin10, message: Message, handed: Handed) {
    this.#origin = origin;
    this.#message = message;
    this.#handed = handed;
    this.body = bodyOf(message.body);
    this.properties = propertiesOf(message, message.body);
  }

  get routingKey(): string {
    return this.#message.subject ?? '';
  }

  get redelivered(): boolean {
    return isRedelivered(this.#message, this.#origin.dialect);
  }

  get attempt(): number {
    return attemptIn(this.#message, this.#origin.dialect);
  }

  isCurrent(): boolean {
    return this.#origin.alive;
  }

  ack(): void {
    this.#origin.settle({ handed: this.#handed, how: 'accept' });
  }

  release(): void {
    this.#origin.settle({ handed: this.#handed, how: 'release' });
  }

  requeue(): void {
    this.#origin.settle({ handed: this.#handed, how: 'requeue' });
  }
}
