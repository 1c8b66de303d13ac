// A broker for development and tests, never for production: AMQP 0-9-1 as `hurricane consume` uses it, in
// the memory of this process, on loopback only, for anyone on this machine as guest. What it does not know
// it refuses; of a message's own properties it reads none.

import { once } from 'node:events';
import { createServer, isIP, type AddressInfo, type Socket } from 'node:net';

import { Connection } from './connection.ts';
import { VirtualHost } from './virtual-host.ts';

/** For clients that are told to go. */
const PATIENCE_MS = 1000;

export class DevelopmentBroker {
  readonly #host: string;
  readonly #vhost = new VirtualHost();
  readonly #connections = new Map<Socket, Connection>();
  readonly #server = createServer((socket) => {
    this.#connections.set(socket, new Connection(socket, this.#vhost));
    socket.once('close', () => this.#connections.delete(socket));
  });

  constructor({ host = '127.0.0.1' }: { readonly host?: string } = {}) {
    this.#host = host;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Listens on a free port. Rejects for a host that others than this machine could reach. */
  async start(): Promise<void> {
    if (!isLoopback(this.#host)) {
      throw new Error(`the development broker listens on loopback only, not on ${this.#host}`);
    }
    this.#server.listen(0, this.#host);
    await once(this.#server, 'listening');
  }

  /** Every client is told; its queues and their messages are gone. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections.values()) connection.close();
    const patience = setTimeout(() => {
      for (const socket of this.#connections.keys()) socket.destroy();
    }, PATIENCE_MS);
    await closed;
    clearTimeout(patience);
    this.#vhost.close();
  }

  /** Its consumers are told that they are none any more, as by a broker whose queue has moved. */
  cancelConsumers(queue: string): void {
    this.#vhost.queue(queue).cancelConsumers();
  }
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
