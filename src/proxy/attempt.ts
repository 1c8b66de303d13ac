// One request on its way to the app: its head and body, and whether the app can have seen any of it.

import type { ClientRequest, IncomingMessage, InformationEvent, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { handOn } from './flow.ts';
import type { AppClient, Outgoing } from './forward.ts';
import type { RequestHead } from './request-head.ts';
import { forwardableTrailers } from './response-head.ts';

/** Whose request it is. */
export interface Sender {
  /** So much more of the body goes to the app. */
  bodyRead(bytes: number): void;
  bodyEnded(): void;
  /** 1xx. */
  appInformed(information: InformationEvent): void;
  appAnswered(answer: IncomingMessage): void;
  appFailed(error: Error): void;
  /** Also after a whole answer. */
  appClosed(): void;
}

/** Tells its sender nothing any more once it was dropped. */
export class Attempt implements Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly socket: Socket;
  readonly #sender: Sender;
  readonly #request: IncomingMessage;
  readonly #body: RequestHead['body'];
  readonly #maxBufferBytes: number;
  #appRequest: ClientRequest | undefined;
  #bodyBegun = false;
  #bytesReadBefore = 0;
  #dropped = false;

  constructor(
    sender: Sender,
    method: string,
    head: RequestHead,
    request: IncomingMessage,
    maxBufferBytes: number,
  ) {
    this.method = method;
    this.url = head.target;
    this.headers = head.headers;
    this.socket = request.socket;
    this.#sender = sender;
    this.#request = request;
    this.#body = head.body;
    this.#maxBufferBytes = maxBufferBytes;
  }

  /** On a connection of its own when `fresh`. Throws when the head cannot be written. */
  start(client: AppClient, response: ServerResponse, fresh: boolean): void {
    client.request(this, response, fresh);
  }

  /** Whether a later attempt may still send the whole body. */
  get bodyBegun(): boolean {
    return this.#bodyBegun;
  }

  /** An idle connection was used again, and died before a byte of an answer. */
  get diedIdle(): boolean {
    const { reusedSocket = false, socket } = this.#appRequest ?? {};
    return reusedSocket && socket?.bytesRead === this.#bytesReadBefore;
  }

  /** The request to the app ends. */
  drop(): void {
    this.#dropped = true;
    this.#appRequest?.destroy();
  }

  /** Called by http-proxy. */
  pipe(appRequest: ClientRequest): void {
    this.#appRequest = appRequest;
    // Fields are limited by their size, not silently by their number.
    appRequest.maxHeadersCount = 0;
    appRequest.on('error', (error) => {
      if (!this.#dropped) this.#sender.appFailed(error);
    });
    appRequest.on('close', () => {
      if (!this.#dropped) this.#sender.appClosed();
    });
    appRequest.on('response', (answer) => {
      if (this.#dropped) answer.destroy();
      else this.#sender.appAnswered(answer);
    });
    appRequest.on('information', (information) => {
      if (!this.#dropped) this.#sender.appInformed(information);
    });
    if (this.#body === 'none') appRequest.end();
  }

  /** The body waits for the connection: as long as none of it has been read the request can be retried. */
  connected(appRequest: ClientRequest): void {
    const { socket } = appRequest;
    if (socket === null) return;
    this.#bytesReadBefore = socket.bytesRead;
    if (this.#body === 'none') return;
    if (socket.connecting) socket.once('connect', () => this.#sendBody(appRequest));
    else this.#sendBody(appRequest);
  }

  /** http-proxy would listen to what `response` tells us. */
  on(): this {
    return this;
  }

  #sendBody(appRequest: ClientRequest): void {
    if (this.#dropped || appRequest.destroyed) return;
    const request = this.#request;
    this.#bodyBegun = true;
    request.on('data', (chunk: Buffer) => {
      this.#sender.bodyRead(chunk.length);
      if (this.#dropped || appRequest.destroyed) return;
      handOn(chunk, request, appRequest, this.#maxBufferBytes);
    });
    request.on('end', () => {
      if (this.#body === 'chunked' && request.rawTrailers.length > 0) {
        appRequest.addTrailers(forwardableTrailers(request.rawTrailers));
      }
      this.#sender.bodyEnded();
      appRequest.end();
    });
    // The app may have something to say before the body comes, so it gets the head at once.
    if (request.readableLength === 0) appRequest.write('', 'latin1');
  }
}
