// One request between client and app: retry, 1xx, the answer on its way back, timeouts, faults.

import type { IncomingMessage, InformationEvent, ServerResponse } from 'node:http';

import type { RequestFault } from '../core/request-record.ts';
import { Attempt, type Sender } from './attempt.ts';
import type { Exchange } from './exchange.ts';
import { faultOfError, isRefused, throwBodyAway } from './faults.ts';
import { handOn } from './flow.ts';
import type { AppClient } from './forward.ts';
import { Passage, type Crossing, type Traveller } from './passage.ts';
import type { RequestHead } from './request-head.ts';
import {
  forwardableFields,
  forwardableTrailers,
  isBodyless,
  isEventStream,
} from './response-head.ts';

/** What all requests of a proxy share. */
export interface ForwardingContext extends Crossing {
  readonly maxBodyBytes: number;
  readonly maxBufferBytes: number;
  readonly responseTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** The app has answered a request, whatever it says. */
  onAnswer(): void;
  /** True from the stop signal on: the answer ends its connection. */
  isClosing(): boolean;
  /** When a client that is turned away shall come back. */
  retryAfterS(): number;
  /** Answers in the app's place. */
  refuse(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void;
}

/** Ends its exchange exactly once, whatever client and app do; then the request to the app has ended too. */
export class Forwarding implements Traveller, Sender {
  readonly #context: ForwardingContext;
  readonly #exchange: Exchange;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #head: RequestHead;
  readonly #passage: Passage;
  #attempt: Attempt | undefined;
  #answer: IncomingMessage | undefined;
  #settled = false;
  #responseTimer: NodeJS.Timeout | undefined;
  #requestTimer: NodeJS.Timeout | undefined;
  slot = 0;

  constructor(
    context: ForwardingContext,
    exchange: Exchange,
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
  ) {
    this.#context = context;
    this.#exchange = exchange;
    this.#request = request;
    this.#response = response;
    this.#head = head;
    this.#passage = new Passage(context, this);
  }

  start(): void {
    const { requestTimeoutMs } = this.#context;
    this.#response.on('close', () => this.#close());
    if (Number.isFinite(requestTimeoutMs)) {
      this.#requestTimer = setTimeout(() => this.#expire(), requestTimeoutMs);
    }
    this.#passage.begin();
  }

  go(client: AppClient, again: boolean): void {
    this.#exchange.handOver();
    if (this.#head.body === 'none') this.#watchResponseTime();
    const { maxBufferBytes } = this.#context;
    const { method } = this.#exchange;
    this.#attempt = new Attempt(this, method, this.#head, this.#request, maxBufferBytes);
    try {
      this.#attempt.start(client, this.#response, again);
    } catch {
      // Node's client does not write it: a target or field with characters that HTTP does not have.
      this.#fail('bad-request');
    }
  }

  turnAway(fault: RequestFault): void {
    this.#fail(fault);
  }

  get lasts(): 'stream' | undefined {
    const headers = this.#settled ? undefined : this.#answer?.headers;
    return headers !== undefined && isEventStream(headers) ? 'stream' : undefined;
  }

  /** An event stream ends whole: its client will ask for the rest. */
  leave(): void {
    if (this.lasts === undefined) return;
    this.#settled = true;
    this.#attempt?.drop();
    this.#response.end();
  }

  force(): void {
    this.#exchange.force();
    this.#fail('stopped');
  }

  bodyRead(bytes: number): void {
    this.#exchange.requestBytes += bytes;
    if (this.#exchange.requestBytes > this.#context.maxBodyBytes) this.#fail('body-too-large');
  }

  bodyEnded(): void {
    this.#watchResponseTime();
  }

  appInformed({ statusCode, rawHeaders }: InformationEvent): void {
    if (this.#response.headersSent || this.#request.httpVersionMinor === 0) return;
    if (statusCode === 100) {
      if (this.#head.expectsContinue) this.#response.writeContinue();
      return;
    }
    const fields = forwardableFields(rawHeaders, { status: statusCode, mayChunk: false });
    this.#response.writeInformation(statusCode, fields);
  }

  appAnswered(answer: IncomingMessage): void {
    clearTimeout(this.#responseTimer);
    this.#context.onAnswer();
    const response = this.#response;
    const status = answer.statusCode ?? 0;
    const bodyless = isBodyless(this.#exchange.method, status);
    answer.on('error', () => this.#fail('app-truncated'));
    answer.on('end', () => this.#finish(answer));
    if (!this.#writeHead(answer, status, bodyless)) return;
    this.#answer = answer;
    this.#exchange.answer(status);
    if (bodyless) {
      answer.resume();
      return;
    }
    answer.on('data', (chunk: Buffer) => {
      if (this.#settled) return;
      this.#exchange.responseBytes += chunk.length;
      handOn(chunk, answer, response, this.#context.maxBufferBytes);
    });
    setImmediate(flushHead, this.#exchange, response);
  }

  appFailed(error: Error): void {
    if (this.#settled || this.#response.destroyed) return;
    if (this.#answer !== undefined) this.#fail('app-truncated');
    else if (!this.#tryAgain(error)) this.#fail(faultOfError(error));
  }

  appClosed(): void {
    // It switched protocols unasked.
    if (this.#answer === undefined) this.#fail('app-malformed');
  }

  /**
   * Only what is provably unprocessed: the connection was refused, or an idle one that was used again
   * died before a byte of an answer, and the method may be repeated (RFC 9110, 9.2.2).
   */
  #tryAgain(error: Error): boolean {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.bodyBegun) return false;
    const refused = isRefused(error);
    if (!refused && !(attempt.diedIdle && idempotent.has(this.#exchange.method))) return false;
    attempt.drop();
    clearTimeout(this.#responseTimer);
    if (!refused) return this.#passage.retryAtOnce();
    this.#exchange.takeBack();
    return this.#passage.retryRefused(error);
  }

  #writeHead(answer: IncomingMessage, status: number, bodyless: boolean): boolean {
    const mayChunk = !bodyless && this.#request.httpVersionMinor > 0;
    const fields = forwardableFields(answer.rawHeaders, { status, mayChunk });
    // A body that is still coming when the answer begins may never be read to its end.
    const unread = this.#head.body !== 'none' && !this.#request.complete;
    if (unread || this.#context.isClosing()) fields.push('Connection', 'close');
    try {
      this.#response.writeHead(status, answer.statusMessage ?? '', fields);
      return true;
    } catch {
      // A status or field that may not be sent on.
      this.#fail('app-malformed');
      return false;
    }
  }

  #finish(answer: IncomingMessage): void {
    if (this.#settled) return;
    if (!answer.complete) {
      this.#fail('app-truncated');
      return;
    }
    this.#settled = true;
    if (answer.rawTrailers.length > 0 && this.#response.chunkedEncoding) {
      this.#response.addTrailers(forwardableTrailers(answer.rawTrailers));
    }
    if (this.#head.body !== 'none' && throwBodyAway(this.#request)) this.#attempt?.drop();
    this.#response.end();
  }

  /** Answers with a fault, or cuts an answer that has begun so that it does not look complete. */
  #fail(fault: RequestFault): void {
    if (this.#settled || this.#exchange.ended) return;
    this.#settled = true;
    this.#exchange.fault ??= fault;
    this.#attempt?.drop();
    if (!this.#passage.isThrough) this.#passage.end();
    if (this.#response.headersSent) this.#request.socket.resetAndDestroy();
    else this.#context.refuse(this.#exchange, this.#request, this.#response);
  }

  #watchResponseTime(): void {
    const { responseTimeoutMs } = this.#context;
    if (!Number.isFinite(responseTimeoutMs) || this.#answer !== undefined || this.#settled) return;
    this.#responseTimer = setTimeout(() => this.#fail('app-timeout'), responseTimeoutMs);
  }

  #expire(): void {
    this.#fail(this.#passage.isThrough ? 'app-timeout' : 'restarting');
  }

  /** The answer has gone out, or the client has gone away: then the request to the app ends too. */
  #close(): void {
    const whole = this.#response.writableFinished;
    this.#settled = true;
    clearTimeout(this.#responseTimer);
    clearTimeout(this.#requestTimer);
    if (!whole) this.#attempt?.drop();
    this.#passage.end();
    this.#exchange.end(whole);
  }
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Event streams and slow answers: the head goes out when no body came along with it. */
function flushHead(exchange: Exchange, response: ServerResponse): void {
  if (exchange.responseBytes === 0 && !response.writableEnded) response.write('', 'latin1');
}
