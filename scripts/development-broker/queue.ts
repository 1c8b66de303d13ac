// A queue in memory: hands out in order, takes back to where a message stood, and lets messages go to the
// dead-letter exchange when they are rejected or their time is over.

import type { FieldTable } from './wire.ts';

/** A longer one would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface Message {
  readonly exchange: string;
  readonly routingKey: string;
  /** As they came: flags and values. */
  readonly properties: Buffer;
  readonly body: Buffer;
}

/** A message in a queue, or in the hands of one who took it from there. */
export interface Queued {
  readonly message: Message;
  readonly place: number;
  readonly expiresAt: number;
  readonly redelivered: boolean;
}

export interface Consumer {
  readonly priority: number;
  readonly exclusive: boolean;
  /** How many it may be handed now. */
  room: number;
  deliver(queued: Queued): void;
  /** The queue knows it no longer. */
  onCancelled(): void;
}

export type DeadLetter = (message: Message) => void;

export class Queue {
  readonly name: string;
  readonly durable: boolean;
  readonly arguments: FieldTable;
  readonly #deadLetter: DeadLetter;
  #ready: Queued[] = [];
  /** The one whose turn it is stands first. */
  #consumers: readonly Consumer[] = [];
  #placed = 0;
  #expiry: NodeJS.Timeout | undefined;

  constructor(name: string, durable: boolean, args: FieldTable, deadLetter: DeadLetter) {
    this.name = name;
    this.durable = durable;
    this.arguments = args;
    this.#deadLetter = deadLetter;
  }

  get messageCount(): number {
    return this.#ready.length;
  }

  get consumers(): readonly Consumer[] {
    return this.#consumers;
  }

  add(message: Message): void {
    const { 'x-message-ttl': ttl } = this.arguments;
    const expiresAt = typeof ttl === 'number' ? performance.now() + ttl : Infinity;
    this.#placed += 1;
    this.#ready.push({ message, place: this.#placed, expiresAt, redelivered: false });
    this.#handOut();
  }

  take(): Queued | undefined {
    const queued = this.#ready.shift();
    this.#watchExpiry();
    return queued;
  }

  giveBack(queued: Queued): void {
    const next = this.#ready.findIndex(({ place }) => place > queued.place);
    const at = next === -1 ? this.#ready.length : next;
    this.#ready.splice(at, 0, { ...queued, redelivered: true });
    this.#handOut();
  }

  /** Without a dead-letter exchange it is gone. */
  discard({ message }: Queued): void {
    const { 'x-dead-letter-exchange': exchange, 'x-dead-letter-routing-key': key } = this.arguments;
    if (typeof exchange !== 'string') return;
    const routingKey = typeof key === 'string' ? key : message.routingKey;
    this.#deadLetter({ ...message, exchange, routingKey });
  }

  subscribe(consumer: Consumer): void {
    this.#consumers = [...this.#consumers, consumer];
    this.#handOut();
  }

  unsubscribe(consumer: Consumer): void {
    this.#consumers = this.#consumers.filter((other) => other !== consumer);
    this.#handOut();
  }

  /** Undefined: whoever took it for itself is handed none. */
  makeRoom(consumer: Consumer | undefined): void {
    if (consumer === undefined) return;
    consumer.room += 1;
    this.#handOut();
  }

  cancelConsumers(): void {
    const cancelled = this.#consumers;
    this.#consumers = [];
    for (const consumer of cancelled) consumer.onCancelled();
  }

  close(): void {
    this.#ready = [];
    this.#consumers = [];
    clearTimeout(this.#expiry);
  }

  /** The highest priority first, among equals in turn. */
  #handOut(): void {
    const isSingle = this.arguments['x-single-active-consumer'] === true;
    while (this.#ready.length > 0) {
      const [consumer] = this.#consumers
        .slice(0, isSingle ? 1 : undefined)
        .filter(({ room }) => room > 0)
        .toSorted((one, other) => other.priority - one.priority);
      const queued = consumer === undefined ? undefined : this.#ready.shift();
      if (consumer === undefined || queued === undefined) break;
      consumer.room -= 1;
      consumer.deliver(queued);
      if (isSingle) continue;
      this.#consumers = [...this.#consumers.filter((other) => other !== consumer), consumer];
    }
    this.#watchExpiry();
  }

  /** All have the same time to live, so the first is the first whose time is over. */
  #watchExpiry(): void {
    clearTimeout(this.#expiry);
    const [first] = this.#ready;
    if (first === undefined || first.expiresAt === Infinity) return;
    const leftMs = Math.ceil(first.expiresAt - performance.now());
    this.#expiry = setTimeout(
      () => this.#expire(),
      Math.min(Math.max(0, leftMs), LONGEST_TIMER_MS),
    );
  }

  #expire(): void {
    const now = performance.now();
    const expired = this.#ready.filter(({ expiresAt }) => expiresAt <= now);
    this.#ready = this.#ready.filter(({ expiresAt }) => expiresAt > now);
    for (const queued of expired) this.discard(queued);
    this.#watchExpiry();
  }
}
