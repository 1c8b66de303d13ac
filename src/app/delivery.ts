// The second intake of `hurricane serve --deliver`: messages of a queue, posted into the app that serves now.

import { Consumer } from '../amqp/consumer.ts';
import type { MessageHandler, Work } from '../amqp/handler.ts';
import type { Verdict } from '../amqp/retry-ladder.ts';
import type { Transport } from '../amqp/transport.ts';
import { UrlHandler } from '../amqp/url-handler.ts';
import type { DeliveryConfig } from '../config/slices/messages.ts';
import type { DrainReport, Former, Intake, Load } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import type { Emit } from '../core/events.ts';
import { describeExit, type ExitStatus } from '../core/exit-status.ts';
import type { MessageRecord } from '../core/message-record.ts';
import { errorReason, type Address } from '../http/reach.ts';
import { pause } from '../lib/waiting.ts';
import { messageBooks, type MessageBooks } from './message-books.ts';

export interface DeliveryOptions {
  readonly config: DeliveryConfig;
  readonly transport: Transport;
  /** Resolves with how the app there ends; never where there is none. */
  readonly endOf: (address: Address) => Promise<ExitStatus>;
  readonly emit: Emit;
  readonly onSettled: (record: MessageRecord) => void;
  readonly onChange: () => void;
}

/** As for requests: an app is not trusted to keep a connection for longer. */
const REUSE_MS = 1000;

/** From the end of a connection to that of the app, if it has ended. */
const END_KNOWN_MS = 200;

/** For the broker to hear what it gets back. */
const LAST_WORDS_MS = 500;

/** Held until `open`; begins to consume at `start`. */
export class Delivery implements Intake<Address> {
  readonly name = 'delivery';
  readonly books: MessageBooks;
  readonly #options: DeliveryOptions;
  readonly #consumer: Consumer;
  /** One for each app that may have messages in hand. */
  readonly #handlers = new Set<UrlHandler>();
  /** That of the app that serves; undefined while there is none. */
  #current: UrlHandler | undefined;
  #notReady: string | undefined;
  /** The app that serves cannot be connected to. */
  #isRefused = false;
  #stopping = false;
  /** Messages that the end of the app has cut, which we had asked for. */
  #cut = 0;

  constructor(options: DeliveryOptions) {
    const { config, transport } = options;
    this.#options = options;
    this.#consumer = new Consumer({
      ...options,
      ...config,
      handler: this.#asHandler(),
      reconnect: config.broker.reconnect,
      onLifetime: () => undefined,
    });
    this.books = messageBooks(config, transport, () => this.#consumer);
  }

  /** Resolves with what another try cannot mend. */
  get failed(): Promise<Error> {
    return this.#consumer.failed;
  }

  get load(): Load {
    return this.#consumer.load;
  }

  /** Messages that the stop sent back to their queue unfinished. */
  get givenBack(): number {
    return this.#consumer.report().forced + this.#cut;
  }

  report(): DrainReport {
    return { ...this.#consumer.report(), forced: this.givenBack };
  }

  /** Does not wait for the broker: the app serves without it. */
  start(signal: AbortSignal): Promise<void> {
    // What is wrong with the broker is told by `failed`.
    void this.#consumer.start(signal).catch(() => undefined);
    return Promise.resolve();
  }

  open(address: Address): Former | undefined {
    const former = this.#leave();
    this.#forgetIdle();
    const { queue, flow, path } = this.#options.config;
    const ended = new AbortController();
    void this.#options
      .endOf(address)
      .then((status) => ended.abort(`the app ${describeExit(status)}`));
    const handler: UrlHandler = new UrlHandler({
      queue: queue.name,
      target: { address, path },
      concurrency: flow.concurrency,
      reuseMs: REUSE_MS,
      onAway: (reason) => this.#setRefused(handler, reason !== undefined),
      onNoAnswer: (error) => this.#noAnswer(error, ended.signal),
    });
    this.#handlers.add(handler);
    this.#current = handler;
    this.#setRefused(handler, false);
    return former;
  }

  hold(): Former | undefined {
    const former = this.#leave();
    this.#settleHold();
    return former;
  }

  /** Why the app is to be given no work; undefined when it is. */
  setNotReady(reason: string | undefined): void {
    this.#notReady = reason;
    this.#settleHold();
  }

  /** No message is taken while true. */
  setDrained(drained: boolean): void {
    void this.#consumer.setDrained(drained);
  }

  drain(deadline: Deadline): Promise<void> {
    return this.#consumer.drain(deadline);
  }

  /** What is in hand may end until the deadline, in the app that is told to stop; then it goes back. */
  async stop(deadline: Deadline): Promise<void> {
    this.#stopping = true;
    const handlers = [...this.#handlers];
    const lastWords = deadline.before(LAST_WORDS_MS);
    await Promise.all(handlers.map((handler) => handler.whenIdle(lastWords)));
    for (const { inHand } of handlers) this.#cut += inHand;
    await Promise.all(handlers.map((handler) => handler.stop()));
    await this.#consumer.stop(deadline);
  }

  /** What is in hand ends where it is. */
  #leave(): Former | undefined {
    const left = this.#current;
    this.#current = undefined;
    if (left === undefined) return undefined;
    left.retire();
    return {
      whenIdle: async (deadline) => {
        await left.whenIdle(deadline);
        await left.stop();
      },
    };
  }

  #forgetIdle(): void {
    for (const handler of this.#handlers) if (handler.inHand === 0) this.#handlers.delete(handler);
  }

  #settleHold(): void {
    this.#consumer.setHold('app', this.#whyHeld());
  }

  #whyHeld(): string | undefined {
    if (this.#current === undefined) return 'there is no app to post to';
    if (this.#isRefused) return 'the app refuses connections';
    return this.#notReady;
  }

  #asHandler(): MessageHandler {
    return {
      routingKeys: undefined,
      failed: new Promise(() => undefined),
      start: () => Promise.resolve(),
      begin: (work) => this.#begin(work),
      cancel: (work, why) => {
        for (const handler of this.#handlers) handler.cancel(work, why);
      },
      stop: () => Promise.resolve(),
    };
  }

  #begin(work: Work): void {
    if (this.#current === undefined) work.finish({ kind: 'given-back' });
    else this.#current.begin(work);
  }

  async #noAnswer(error: Error, ended: AbortSignal): Promise<Verdict> {
    if (this.#stopping) {
      this.#cut += 1;
      return { kind: 'given-back' };
    }
    // Mostly the app has died, and this message may be why: it will be tried alone.
    await pause(END_KNOWN_MS, ended);
    return { kind: 'crashed', reason: ended.aborted ? String(ended.reason) : errorReason(error) };
  }

  #setRefused(by: UrlHandler, isRefused: boolean): void {
    if (by !== this.#current) return;
    this.#isRefused = isRefused;
    this.#settleHold();
  }
}
