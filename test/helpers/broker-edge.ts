// Stands between a consumer and its broker: can be gone, and can say what the broker never said.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

import type { Broker } from './consume.ts';

export interface BrokerEdge extends Broker {
  /** Whoever is connected is cut off, and nobody else gets in: the broker is gone. */
  vanish(): Promise<void>;
  /** On the same port. */
  comeBack(): Promise<void>;
  /** Every consumer is told that it was cancelled, as by a broker whose queue has moved. */
  cancelConsumers(): void;
}

export async function useBrokerEdge(t: TestContext, broker: Broker): Promise<BrokerEdge> {
  const links = new Set<EdgeLink>();
  const server = createServer((client) => {
    const link = new EdgeLink(client, connect(broker.port, '127.0.0.1'));
    links.add(link);
    client.once('close', () => links.delete(link));
  });
  const listen = async (onPort: number): Promise<void> => {
    server.listen(onPort, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const vanish = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const link of links) link.destroy();
    await closed;
  };
  t.after(vanish);
  return {
    ...(broker.vhost === undefined ? {} : { vhost: broker.vhost }),
    ...{ port, vanish },
    comeBack: () => listen(port),
    cancelConsumers: () => links.forEach((link) => link.cancelConsumer()),
  };
}

const METHOD = 1;
const BASIC = 60;
const CONSUME_OK = 21;
const CANCEL = 30;
const FRAME_END = 0xce;

/** One connection, whole frames at a time on its way to the client. */
class EdgeLink {
  readonly #client: Socket;
  readonly #broker: Socket;
  #rest = Buffer.alloc(0);
  #consumer: { readonly channel: number; readonly tag: Buffer } | undefined;

  constructor(client: Socket, broker: Socket) {
    this.#client = client;
    this.#broker = broker;
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      socket.on('error', () => undefined);
      socket.on('close', () => other.destroy());
    }
    client.pipe(broker);
    broker.on('data', (bytes: Buffer) => this.#passOn(bytes));
  }

  cancelConsumer(): void {
    if (this.#consumer === undefined) return;
    const { channel, tag } = this.#consumer;
    // The tag as it came with its length before it, then the bit `nowait`.
    const payload = Buffer.concat([shorts(BASIC, CANCEL), tag, Buffer.from([1])]);
    const head = Buffer.alloc(7);
    head.writeUInt8(METHOD);
    head.writeUInt16BE(channel, 1);
    head.writeUInt32BE(payload.length, 3);
    this.#client.write(Buffer.concat([head, payload, Buffer.from([FRAME_END])]));
  }

  destroy(): void {
    this.#client.destroy();
    this.#broker.destroy();
  }

  #passOn(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 7 && this.#rest.length >= 8 + this.#rest.readUInt32BE(3)) {
      const frame = this.#rest.subarray(0, 8 + this.#rest.readUInt32BE(3));
      this.#rest = this.#rest.subarray(frame.length);
      const isConsumeOk = frame.subarray(7, 11).equals(shorts(BASIC, CONSUME_OK));
      if (frame[0] === METHOD && isConsumeOk) {
        this.#consumer = { channel: frame.readUInt16BE(1), tag: frame.subarray(11, -1) };
      }
      this.#client.write(frame);
    }
  }
}

function shorts(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => bytes.writeUInt16BE(value, 2 * index));
  return bytes;
}
