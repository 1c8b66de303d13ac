// One request that is answered without the app: its entries in the books, faults, and the end of it.

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { RequestFault } from '../core/request-record.ts';
import type { Exchange } from './exchange.ts';
import { throwBodyAway } from './faults.ts';
import type { ForwardingContext } from './forwarding.ts';

/** What answers some of the requests in the app's place. */
export interface Site {
  /** True: no request for this path ever reaches the app. */
  owns(path: string): boolean;
  /**
   * Answers a GET or HEAD for a path that it owns. Resolves when the answer has gone out or the client has
   * gone away; rejects when it cannot answer, or not to the end.
   */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    told: Told,
  ): Promise<void>;
}

/** How an answer goes on. */
export interface Told {
  readonly begun: (status: number) => void;
  readonly sent: (bytes: number) => void;
}

/** What it needs of the proxy. */
export type LocalContext = Pick<ForwardingContext, 'isClosing' | 'refuse'>;

/** Ends its exchange exactly once. */
export class LocalAnswer {
  readonly #exchange: Exchange;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #context: LocalContext;
  #begun = false;

  constructor(
    exchange: Exchange,
    request: IncomingMessage,
    response: ServerResponse,
    context: LocalContext,
  ) {
    this.#exchange = exchange;
    this.#request = request;
    this.#response = response;
    this.#context = context;
  }

  start(site: Site, path: string): void {
    const response = this.#response;
    response.once('close', () => this.#close());
    if (throwBodyAway(this.#request) || this.#context.isClosing()) {
      response.setHeader('Connection', 'close');
    }
    const told = {
      begun: (status: number) => this.#begin(status),
      sent: (bytes: number) => (this.#exchange.responseBytes += bytes),
    };
    void site.answer(this.#request, response, path, told).catch(() => this.#fail('file-failed'));
  }

  /** The time is over: counted, and cut where it stands. */
  force(): void {
    this.#exchange.force();
    this.#fail('stopped');
  }

  #begin(status: number): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#exchange.answer(status);
  }

  #fail(fault: RequestFault): void {
    if (this.#exchange.ended) return;
    this.#exchange.fault ??= fault;
    if (this.#response.headersSent) {
      this.#request.socket.resetAndDestroy();
      // The books are read before the connection has told that it is closed.
      this.#close();
    } else {
      this.#begun = true;
      this.#context.refuse(this.#exchange, this.#request, this.#response);
    }
  }

  #close(): void {
    if (this.#response.headersSent) this.#begin(this.#response.statusCode);
    this.#exchange.end(this.#response.writableFinished);
  }
}
