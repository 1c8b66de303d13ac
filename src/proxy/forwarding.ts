// One request on its way to the app and its answer on the way back: body, trailers, 1xx, retry, faults.

import type { ClientRequest, IncomingMessage, InformationEvent, ServerResponse } from 'node:http';

import type { Socket } from 'node:net';

import type { RequestFault } from '../core/request-record.ts';
import type { Exchange, Work } from './exchange.ts';
import { faultOfError, throwBodyAway } from './faults.ts';
import type { AppClient, Outgoing } from './forward.ts';
import type { RequestHead } from './request-head.ts';
import { forwardableFields, forwardableTrailers, isBodyless } from './response-head.ts';

/** What all requests of a proxy share. */
export interface ForwardingContext {
  readonly client: AppClient;
  readonly maxBodyBytes: number;
  readonly responseTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** True from the stop signal on: the answer ends its connection. */
  isClosing(): boolean;
  /** Answers in the app's place. */
  refuse(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void;
}

const MAX_TRIES = 3;
const RETRY_DELAY_MS = 20;

/** Ends its exchange exactly once, whatever client and app do; then the request to the app has ended too. */
export class Forwarding implements Outgoing, Work {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly socket: Socket;
  readonly #context: ForwardingContext;
  readonly #exchange: Exchange;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #head: RequestHead;
  #appRequest: ClientRequest | undefined;
  #tries = 0;
  #bodyBegun = false;
  #bytesReadBefore = 0;
  #answered = false;
  #settled = false;
  #responseTimer: NodeJS.Timeout | undefined;
  #requestTimer: NodeJS.Timeout | undefined;

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
    this.method = exchange.method;
    this.url = head.target;
    this.headers = head.headers;
    this.socket = request.socket;
  }

  start(): void {
    const { requestTimeoutMs } = this.#context;
    this.#exchange.handOver();
    this.#response.on('close', () => this.#close());
    if (Number.isFinite(requestTimeoutMs)) {
      this.#requestTimer = setTimeout(() => this.fail('app-timeout'), requestTimeoutMs);
    }
    if (this.#head.body === 'none') this.#watchResponseTime();
    this.#try(false);
  }

  /** Called by http-proxy with the request to the app, once per try. */
  pipe(appRequest: ClientRequest): void {
    this.#appRequest = appRequest;
    // Fields are limited by their size, not silently by their number.
    appRequest.maxHeadersCount = 0;
    appRequest.on('error', (error) => this.#appFailed(appRequest, error));
    appRequest.on('close', () => this.#appClosed(appRequest));
    appRequest.on('response', (answer) => this.#relay(answer));
    appRequest.on('information', (information) => this.#inform(information));
    if (this.#head.body === 'none') appRequest.end();
  }

  /** The body waits for the connection: as long as none of it has been read the request can be retried. */
  connected(appRequest: ClientRequest): void {
    const { socket } = appRequest;
    if (socket === null) return;
    this.#bytesReadBefore = socket.bytesRead;
    if (this.#head.body === 'none') return;
    if (socket.connecting) socket.once('connect', () => this.#sendBody(appRequest));
    else this.#sendBody(appRequest);
  }

  /** http-proxy would listen to what `response` tells us. */
  on(): this {
    return this;
  }

  /** Answers with a fault, or cuts an answer that has begun so that it does not look complete. */
  fail(fault: RequestFault): void {
    if (this.#settled || this.#exchange.ended) return;
    this.#settled = true;
    this.#exchange.fault ??= fault;
    this.#appRequest?.destroy();
    if (this.#response.headersSent) this.#request.socket.resetAndDestroy();
    else this.#context.refuse(this.#exchange, this.#request, this.#response);
  }

  force(): void {
    this.#exchange.force();
    this.fail('stopped');
  }

  endUpgraded(): void {
    // It is none.
  }

  #try(fresh: boolean): void {
    this.#tries += 1;
    try {
      this.#context.client.request(this, this.#response, fresh);
    } catch {
      // Node's client does not write it: a target or field with characters that HTTP does not have.
      this.fail('bad-request');
    }
  }

  #sendBody(appRequest: ClientRequest): void {
    if (appRequest !== this.#appRequest || this.#settled || appRequest.destroyed) return;
    const request = this.#request;
    this.#bodyBegun = true;
    // Before `pipe`, so that these listeners see each event first.
    request.on('data', (chunk: Buffer) => this.#countBody(chunk.length));
    request.on('end', () => {
      if (this.#head.body === 'chunked' && request.rawTrailers.length > 0) {
        appRequest.addTrailers(forwardableTrailers(request.rawTrailers));
      }
      this.#watchResponseTime();
    });
    // The app may have something to say before the body comes, so it gets the head at once.
    if (request.readableLength === 0) appRequest.write('', 'latin1');
    request.pipe(appRequest);
  }

  #countBody(bytes: number): void {
    this.#exchange.requestBytes += bytes;
    if (this.#exchange.requestBytes > this.#context.maxBodyBytes) this.fail('body-too-large');
  }

  #inform({ statusCode, rawHeaders }: InformationEvent): void {
    if (this.#settled || this.#response.headersSent || this.#request.httpVersionMinor === 0) return;
    if (statusCode === 100) {
      if (this.#head.expectsContinue) this.#response.writeContinue();
      return;
    }
    const fields = forwardableFields(rawHeaders, { status: statusCode, mayChunk: false });
    this.#response.writeInformation(statusCode, fields);
  }

  #relay(answer: IncomingMessage): void {
    if (this.#settled) return void answer.destroy();
    clearTimeout(this.#responseTimer);
    const response = this.#response;
    const status = answer.statusCode ?? 0;
    const bodyless = isBodyless(this.#exchange.method, status);
    answer.on('error', () => this.fail('app-truncated'));
    answer.on('end', () => this.#finish(answer));
    if (!this.#writeHead(answer, status, bodyless)) return;
    if (bodyless) {
      answer.resume();
      return;
    }
    answer.on('data', (chunk: Buffer) => {
      this.#exchange.responseBytes += chunk.length;
      if (response.write(chunk)) return;
      answer.pause();
      response.once('drain', () => answer.resume());
    });
    setImmediate(flushHead, this.#exchange, response);
  }

  #writeHead(answer: IncomingMessage, status: number, bodyless: boolean): boolean {
    const mayChunk = !bodyless && this.#request.httpVersionMinor > 0;
    const fields = forwardableFields(answer.rawHeaders, { status, mayChunk });
    // A body that is still coming when the answer begins may never be read to its end.
    const unread = this.#head.body !== 'none' && !this.#request.complete;
    if (unread || this.#context.isClosing()) fields.push('Connection', 'close');
    try {
      this.#response.writeHead(status, answer.statusMessage ?? '', fields);
    } catch {
      // A status or field that may not be sent on.
      this.fail('app-malformed');
      return false;
    }
    this.#answered = true;
    this.#exchange.answer(status);
    return true;
  }

  #finish(answer: IncomingMessage): void {
    if (this.#settled) return;
    if (!answer.complete) {
      this.fail('app-truncated');
      return;
    }
    this.#settled = true;
    if (answer.rawTrailers.length > 0 && this.#response.chunkedEncoding) {
      this.#response.addTrailers(forwardableTrailers(answer.rawTrailers));
    }
    if (this.#head.body !== 'none' && throwBodyAway(this.#request)) this.#appRequest?.destroy();
    this.#response.end();
  }

  #appFailed(appRequest: ClientRequest, error: Error): void {
    if (this.#settled || appRequest !== this.#appRequest || this.#response.destroyed) return;
    if (this.#answered) this.fail('app-truncated');
    else if (this.#isUnprocessed(appRequest, error)) this.#tryAgain(error);
    else this.fail(faultOfError(error));
  }

  /** Without an error and without an answer: it switched protocols unasked. */
  #appClosed(appRequest: ClientRequest): void {
    if (!this.#answered && appRequest === this.#appRequest) this.fail('app-malformed');
  }

  /**
   * Only what is provably unprocessed: the connection was refused, or an idle one that was used again
   * died before a byte of an answer, and the method may be repeated (RFC 9110, 9.2.2).
   */
  #isUnprocessed(appRequest: ClientRequest, error: Error): boolean {
    if (this.#tries >= MAX_TRIES || this.#bodyBegun) return false;
    if (isRefused(error)) return true;
    return (
      appRequest.reusedSocket &&
      appRequest.socket?.bytesRead === this.#bytesReadBefore &&
      idempotent.has(this.#exchange.method)
    );
  }

  #tryAgain(error: Error): void {
    this.#appRequest = undefined;
    if (!isRefused(error)) {
      this.#try(true);
      return;
    }
    setTimeout(() => {
      if (!this.#settled && !this.#exchange.ended) this.#try(true);
    }, RETRY_DELAY_MS);
  }

  #watchResponseTime(): void {
    const { responseTimeoutMs } = this.#context;
    if (!Number.isFinite(responseTimeoutMs) || this.#answered || this.#settled) return;
    this.#responseTimer = setTimeout(() => this.fail('app-timeout'), responseTimeoutMs);
  }

  /** The answer has gone out, or the client has gone away: then the request to the app ends too. */
  #close(): void {
    const whole = this.#response.writableFinished;
    this.#settled = true;
    clearTimeout(this.#responseTimer);
    clearTimeout(this.#requestTimer);
    if (!whole) this.#appRequest?.destroy();
    this.#exchange.end(whole);
  }
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

function isRefused(error: Error): boolean {
  return (error as NodeJS.ErrnoException).syscall === 'connect';
}

/** Event streams and slow answers: the head goes out when no body came along with it. */
function flushHead(exchange: Exchange, response: ServerResponse): void {
  if (exchange.responseBytes === 0 && !response.writableEnded) response.write('', 'latin1');
}
