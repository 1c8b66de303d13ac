// One WebSocket: the handshake through the app, then bytes both ways until either side ends, or we do.

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import type { RequestFault } from '../core/request-record.ts';
import { lingerOnClose } from '../http/connections.ts';
import type { Exchange } from './exchange.ts';
import { faultOfError, faults, isRefused } from './faults.ts';
import type { AppClient, Outgoing } from './forward.ts';
import type { ForwardingContext } from './forwarding.ts';
import { Passage, type Traveller } from './passage.ts';
import { rawFault, toRecord } from './raw-answer.ts';
import type { RequestHead } from './request-head.ts';
import { forwardableFields } from './response-head.ts';
import { WebSocketRelay } from './websocket-relay.ts';

/** How long client and app may take to answer our close. */
const ANSWER_MS = 1000;

/** Counted from the handshake to the end of the connection; both sides are gone when it has ended. */
export class Upgrade implements Traveller {
  readonly #context: ForwardingContext;
  readonly #exchange: Exchange;
  readonly #socket: Socket;
  readonly #passage: Passage;
  readonly #bytesBefore: number;
  #head: RequestHead | undefined;
  /** What came right behind the handshake; http-proxy puts it back, once. */
  #bytes: Buffer;
  #appRequest: ClientRequest | undefined;
  #appSocket: Socket | undefined;
  #relay: WebSocketRelay | undefined;
  #whole = false;
  #answered = false;
  #leaving = false;
  /** For the app's answer to the handshake, later for the answers to our close. */
  #timer: NodeJS.Timeout | undefined;
  slot = 0;

  constructor(context: ForwardingContext, exchange: Exchange, socket: Socket, bytes: Buffer) {
    this.#context = context;
    this.#exchange = exchange;
    this.#socket = socket;
    this.#bytes = bytes;
    this.#passage = new Passage(context, this);
    this.#bytesBefore = socket.bytesWritten;
    // http-proxy writes heads as strings; their chars are bytes.
    socket.setDefaultEncoding('latin1');
    socket.on('error', () => undefined);
    socket.once('close', () => this.#close());
    // Nobody reads it before the app has switched; without this a client that leaves is not noticed.
    socket.once('end', () => this.#answered || socket.destroy());
    socket.read(0);
  }

  /** Hands the handshake to the app. */
  start(head: RequestHead): void {
    this.#head = head;
    this.#passage.begin();
  }

  go(client: AppClient): void {
    const { responseTimeoutMs } = this.#context;
    this.#exchange.handOver();
    if (Number.isFinite(responseTimeoutMs)) {
      this.#timer = setTimeout(() => this.fail('app-timeout'), responseTimeoutMs);
    }
    try {
      client.upgrade(this.#outgoing(), 'websocket', this.#socket, this.#bytes);
    } catch {
      // Node's client does not write it: a target or field with characters that HTTP does not have.
      this.fail('bad-request');
      return;
    }
    this.#bytes = Buffer.alloc(0);
    this.#watchAfterwards();
  }

  turnAway(fault: RequestFault): void {
    this.fail(fault);
  }

  /** Answers a handshake that has none yet; cuts everything else. */
  fail(fault: RequestFault, text?: string): void {
    this.#exchange.fault ??= fault;
    this.#appRequest?.destroy();
    if (!this.#passage.isThrough) this.#passage.end();
    if (this.#answered || !this.#socket.writable) {
      this.#socket.resetAndDestroy();
      return;
    }
    this.#noteAnswer(faults[fault].status);
    const retryAfterS = this.#context.retryAfterS();
    const answer = rawFault(fault, text ?? faults[fault].text, retryAfterS);
    this.#socket.end(answer, () => this.#socket.destroy());
  }

  get lasts(): 'socket' | undefined {
    return this.#relay === undefined || this.#leaving ? undefined : 'socket';
  }

  /** The client gets a close frame with 1012; its answer goes to the app, which then ends. */
  leave(): void {
    if (this.lasts === undefined) return;
    this.#leaving = true;
    this.#relay?.leave(() => {
      this.#timer = setTimeout(() => this.#appSocket?.destroySoon(), ANSWER_MS);
    });
  }

  /** An upgraded connection counts as ended orderly at any time. */
  force(): void {
    if (this.#exchange.upgraded) {
      this.#socket.destroy();
    } else {
      this.#exchange.force();
      this.fail('stopped');
    }
  }

  #outgoing(): Outgoing {
    const { target = '', headers = [], upgrade = '' } = this.#head ?? {};
    return {
      method: this.#exchange.method,
      url: target,
      headers: [...headers, 'Connection', 'Upgrade', 'Upgrade', upgrade],
      socket: this.#socket,
      on: () => undefined,
      pipe: (appRequest) => this.#watch(appRequest),
      connected: () => undefined,
    };
  }

  /** Before http-proxy listens: what it will write to the client is made right here. */
  #watch(appRequest: ClientRequest): void {
    this.#appRequest = appRequest;
    appRequest.maxHeadersCount = 0;
    appRequest.on('upgrade', (answer) => {
      this.#context.onAnswer();
      this.#noteAnswer(101);
      this.#exchange.upgraded = true;
      answer.headers = toRecord([
        ...forwardableFields(answer.rawHeaders, { status: 101, mayChunk: false }),
        ...['Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? 'websocket'],
      ]);
    });
    appRequest.on('response', (answer) => this.#relayRefusal(answer));
  }

  /** When http-proxy listens: what it would do with an error, and with the app's bytes, we do. */
  #watchAfterwards(): void {
    const appRequest = this.#appRequest;
    appRequest?.removeAllListeners('error');
    appRequest?.on('error', (error) => this.#appFailed(error));
    appRequest?.on('upgrade', (_, appSocket: Socket) => {
      appSocket.unpipe(this.#socket);
      this.#appSocket = appSocket;
      this.#relay = new WebSocketRelay(appSocket, this.#socket);
      lingerOnClose(this.#socket);
      appSocket.once('close', () => {
        this.#socket.resume();
        this.#socket.destroySoon();
      });
    });
  }

  #appFailed(error: Error): void {
    if (this.#socket.destroyed || this.#answered) return;
    clearTimeout(this.#timer);
    if (isRefused(error)) {
      this.#exchange.takeBack();
      if (this.#passage.retryRefused(error)) return;
    }
    this.fail(faultOfError(error));
  }

  /** The app did not switch: its answer goes out as the last of this connection, which frames its body. */
  #relayRefusal(answer: IncomingMessage): void {
    const status = answer.statusCode ?? 0;
    this.#context.onAnswer();
    this.#noteAnswer(status);
    answer.headers = toRecord([
      ...forwardableFields(answer.rawHeaders, { status, mayChunk: false }),
      ...['Connection', 'close'],
    ]);
    answer.on('error', () => this.fail('app-truncated'));
    answer.on('data', (chunk: Buffer) => (this.#exchange.responseBytes += chunk.length));
    answer.on('end', () => {
      if (!answer.complete) {
        this.fail('app-truncated');
        return;
      }
      this.#whole = true;
      this.#socket.once('finish', () => this.#socket.destroy());
    });
  }

  #noteAnswer(status: number): void {
    clearTimeout(this.#timer);
    this.#answered = true;
    this.#exchange.answer(status);
  }

  #close(): void {
    clearTimeout(this.#timer);
    if (this.#exchange.upgraded) {
      this.#whole = true;
      this.#exchange.responseBytes = this.#socket.bytesWritten - this.#bytesBefore;
      this.#exchange.requestBytes = this.#appSocket?.bytesWritten ?? 0;
    }
    this.#appRequest?.destroy();
    this.#appSocket?.destroy();
    this.#passage.end();
    this.#exchange.end(this.#whole);
  }
}
