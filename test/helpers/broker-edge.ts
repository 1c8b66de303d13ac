// Stands between a consumer and its broker, which can so be gone and come back.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

import type { Broker } from './consume.ts';

export interface BrokerEdge extends Broker {
  /** Whoever is connected is cut off, and nobody else gets in: the broker is gone. */
  vanish(): Promise<void>;
  /** On the same port. */
  comeBack(): Promise<void>;
}

export async function useBrokerEdge(t: TestContext, broker: Broker): Promise<BrokerEdge> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(broker.port, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
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
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  t.after(vanish);
  return {
    ...(broker.vhost === undefined ? {} : { vhost: broker.vhost }),
    ...{ port, vanish },
    comeBack: () => listen(port),
  };
}
