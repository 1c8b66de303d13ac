// Stands in the way between two programs, and breaks it as a network does.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Gone after the test. `address` is asked at each connection: `127.0.0.1:12345`. */
export async function useTcpProxy(t: TestContext, address: () => string): Promise<TcpProxy> {
  const proxy = new TcpProxy(address);
  t.after(() => proxy.close());
  await proxy.listen();
  return proxy;
}

export class TcpProxy {
  readonly #address: () => string;
  readonly #server = createServer((client) => this.#accept(client));
  readonly #pairs: Pair[] = [];
  #swallows = false;

  constructor(address: () => string) {
    this.#address = address;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections were ever accepted. */
  get accepted(): number {
    return this.#pairs.length;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** What the client of the n-th connection says does not arrive any more. */
  mute(n: number): void {
    const pair = this.#pairs[n];
    pair?.client.unpipe(pair.server).resume();
  }

  /** Nothing arrives any more in either direction, on new connections neither; nobody is told. */
  swallow(): void {
    this.#swallows = true;
    for (const { client, server } of this.#pairs) {
      client.unpipe(server).resume();
      server.unpipe(client).resume();
    }
  }

  /** New connections are whole again. */
  restore(): void {
    this.#swallows = false;
  }

  /** The clients are told this, as if their server said it; resolves when it is on its way. */
  async inject(bytes: Buffer): Promise<void> {
    const open = this.#pairs.filter(({ client }) => client.writable);
    await Promise.all(
      open.map(({ client }) => new Promise((resolve) => client.write(bytes, resolve))),
    );
  }

  /** RST to both ends of every connection. */
  reset(): void {
    for (const socket of this.#pairs.flatMap(({ client, server }) => [client, server])) {
      // Destroyed on its way to a reset by what its partner does, a socket would stay open for ever.
      socket.removeAllListeners('close').resetAndDestroy();
    }
  }

  close(): void {
    this.reset();
    this.#server.close();
  }

  #ended(other: Socket): void {
    if (!this.#swallows) other.destroy();
  }

  #accept(client: Socket): void {
    const [host, port] = this.#address().split(':');
    const server = connect(Number(port), host);
    for (const socket of [client, server]) socket.setNoDelay().on('error', () => undefined);
    client.on('close', () => this.#ended(server));
    server.on('close', () => this.#ended(client));
    this.#pairs.push({ client, server });
    if (this.#swallows) {
      client.resume();
      return;
    }
    client.pipe(server);
    server.pipe(client);
  }
}
