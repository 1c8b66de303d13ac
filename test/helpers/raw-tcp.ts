// Both ends of a connection as bytes: a client that says exactly this, an app that records all it gets.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

import { readStrictly, type StrictRequest } from './strict-http.ts';

/** A connection as latin-1 text. */
export class RawSocket {
  readonly socket: Socket;
  received = '';
  /** `end` after FIN, `reset` after RST. */
  readonly closed: Promise<'end' | 'reset'>;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    const { promise, resolve } = Promise.withResolvers<'end' | 'reset'>();
    this.closed = promise;
    let reset = false;
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1');
      for (const check of this.#waiting) check();
    });
    socket.on('error', () => (reset = true));
    socket.on('close', () => {
      resolve(reset ? 'reset' : 'end');
      for (const check of this.#waiting) check();
    });
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** Resolves with everything received so far once it matches; rejects when the connection ends before. */
  async until(pattern: RegExp | string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const check = (): void => {
      const found =
        typeof pattern === 'string' ? this.received.includes(pattern) : pattern.test(this.received);
      if (found) resolve(this.received);
      else if (this.socket.destroyed) {
        reject(new Error(`no ${String(pattern)} in ${JSON.stringify(this.received)}`));
      }
    };
    this.#waiting.add(check);
    check();
    return promise.finally(() => this.#waiting.delete(check));
  }

  /** Everything that came until the connection ended. */
  async all(): Promise<string> {
    await this.closed;
    return this.received;
  }
}

/** A client's connection; it is gone with its test. */
export async function useClient(
  t: TestContext,
  port: number,
  options: { readonly allowHalfOpen?: boolean } = {},
): Promise<RawSocket> {
  const socket = connect({ port, host: '127.0.0.1', ...options });
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return new RawSocket(socket);
}

export interface RawApp {
  readonly server: Server;
  readonly port: number;
  /** Every connection that was ever accepted. */
  readonly connections: readonly RawSocket[];
  /** All whole requests of all connections; throws for ambiguous bytes. */
  readonly requests: () => StrictRequest[];
  /** Resolves with the next connection. */
  readonly nextConnection: () => Promise<RawSocket>;
  /** From now on nobody listens on its port, and nobody is connected. */
  readonly stop: () => void;
}

/**
 * An app on a free port that answers each whole request it gets with what `answer` returns; undefined:
 * nothing. It can do to the connection whatever a broken app does.
 */
export async function useRawApp(
  t: TestContext,
  answer: (request: StrictRequest, connection: RawSocket) => string | undefined,
): Promise<RawApp> {
  const connections: RawSocket[] = [];
  const arrivals: ((connection: RawSocket) => void)[] = [];
  const server = createServer((socket) => {
    const connection = new RawSocket(socket);
    connections.push(connection);
    arrivals.shift()?.(connection);
    let answered = 0;
    socket.on('data', () => {
      const fresh = readLeniently(connection.received).slice(answered);
      answered += fresh.length;
      for (const request of fresh) {
        const text = answer(request, connection);
        if (text !== undefined && socket.writable) connection.send(text);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = (): void => {
    for (const { socket } of connections) socket.destroy();
    server.close();
  };
  t.after(stop);
  return {
    server,
    stop,
    port: (server.address() as AddressInfo).port,
    connections,
    requests: () => connections.flatMap(({ received }) => readStrictly(received).requests),
    nextConnection: () => {
      const { promise, resolve } = Promise.withResolvers<RawSocket>();
      arrivals.push(resolve);
      return promise;
    },
  };
}

/** Ambiguous bytes get no answer; they are judged by `requests()`. */
function readLeniently(bytes: string): StrictRequest[] {
  try {
    return readStrictly(bytes).requests;
  } catch {
    return [];
  }
}
