// One WebSocket: the handshake through the app, then bytes both ways until either side ends.

import { STATUS_CODES, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import type { RequestFault } from '../core/request-record.ts';
import { faultHeader, noStore } from '../http/respond.ts';
import type { Exchange, Work } from './exchange.ts';
import { faultOfError, faults } from './faults.ts';
import type { Outgoing } from './forward.ts';
import type { ForwardingContext } from './forwarding.ts';
import type { RequestHead } from './request-head.ts';
import { forwardableFields } from './response-head.ts';

/** Counted from the handshake to the end of the connection; both sides are gone when it has ended. */
export class Upgrade implements Work {
  readonly #exchange: Exchange;
  readonly #socket: Socket;
  readonly #bytesBefore: number;
  #appRequest: ClientRequest | undefined;
  #appSocket: Socket | undefined;
  #whole = false;
  #answered = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(exchange: Exchange, socket: Socket) {
    this.#exchange = exchange;
    this.#socket = socket;
    this.#bytesBefore = socket.bytesWritten;
    // http-proxy writes heads as strings; their chars are bytes.
    socket.setDefaultEncoding('latin1');
    socket.on('error', () => undefined);
    socket.once('close', () => this.#close());
    // Nobody reads it before the app has switched; without this a client that leaves is not noticed.
    socket.once('end', () => this.#answered || socket.destroy());
    socket.read(0);
  }

  /** Hands the handshake to the app. `bytes` came right behind it. */
  start({ client, responseTimeoutMs }: ForwardingContext, bytes: Buffer, head: RequestHead): void {
    this.#exchange.handOver();
    if (Number.isFinite(responseTimeoutMs)) {
      this.#timer = setTimeout(() => this.fail('app-timeout'), responseTimeoutMs);
    }
    try {
      client.upgrade(this.#outgoing(head), 'websocket', this.#socket, bytes);
    } catch {
      // Node's client does not write it: a target or field with characters that HTTP does not have.
      this.fail('bad-request');
    }
  }

  endUpgraded(): void {
    if (!this.#exchange.upgraded) return;
    this.#whole = true;
    this.#socket.end();
    this.#appSocket?.end();
  }

  /** Answers a handshake that has none yet; cuts everything else. */
  fail(fault: RequestFault, text?: string): void {
    this.#exchange.fault ??= fault;
    this.#appRequest?.destroy();
    if (this.#answered || !this.#socket.writable) {
      this.#socket.resetAndDestroy();
      return;
    }
    this.#noteAnswer(faults[fault].status);
    this.#socket.end(rawFault(fault, text ?? faults[fault].text), () => this.#socket.destroy());
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

  #outgoing({ target, headers, upgrade }: RequestHead): Outgoing {
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
    appRequest.on('error', (error) => {
      if (!this.#socket.destroyed && !this.#answered) this.fail(faultOfError(error));
    });
    appRequest.on('upgrade', (answer, appSocket: Socket) => {
      this.#noteAnswer(101);
      this.#exchange.upgraded = true;
      this.#appSocket = appSocket;
      appSocket.once('close', () => this.#socket.destroySoon());
      answer.headers = toRecord([
        ...forwardableFields(answer.rawHeaders, { status: 101, mayChunk: false }),
        ...['Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? 'websocket'],
      ]);
    });
    appRequest.on('response', (answer) => this.#relayRefusal(answer));
  }

  /** The app did not switch: its answer goes out as the last of this connection, which frames its body. */
  #relayRefusal(answer: IncomingMessage): void {
    const status = answer.statusCode ?? 0;
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
    this.#exchange.end(this.#whole);
  }
}

/** http-proxy writes a record, one line per value; different cases of one name stay different. */
function toRecord(fields: readonly string[]): Record<string, string[]> {
  const record: Record<string, string[]> = {};
  for (let i = 0; i < fields.length; i += 2) {
    (record[fields[i] ?? ''] ??= []).push(fields[i + 1] ?? '');
  }
  return record;
}

function rawFault(fault: RequestFault, text: string): string {
  const { status } = faults[fault];
  const body = `${text}\n`;
  const fields = [
    `Content-Length: ${body.length}`,
    'Content-Type: text/plain; charset=utf-8',
    `Cache-Control: ${noStore}`,
    `${faultHeader}: ${fault}`,
    'Connection: close',
    ...(status === 503 ? ['Retry-After: 1'] : []),
  ];
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fields.join('\r\n')}\r\n\r\n${body}`;
}
