// A port in front of the inspector of a thread. A thread with a debugger attached cannot be ended, and here
// the connections can be cut.

import { connect, createServer, type Socket } from 'node:net';

import { listen } from '../http/listening.ts';
import { onAbort } from '../lib/waiting.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Hands connections on until `life` ends, which cuts them. Rejects with the error of listen(2). */
export async function relay(from: Place, to: Place, life: AbortSignal): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const inspector = connect(to);
    tie(client, inspector);
    tie(inspector, client);
    client.pipe(inspector).pipe(client);
  });
  await listen(server, from.host, from.port);
  onAbort(life, () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });

  function tie(socket: Socket, other: Socket): void {
    sockets.add(socket);
    socket.on('error', () => undefined); // told by its close
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  }
}
