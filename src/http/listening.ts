// Getting a port.

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * Resolves when it listens; rejects with the error of listen(2). `::` is every address, those of IPv4 included,
 * and on a machine without IPv6 only those. Node, which gets no host then, looks none up: that would cost
 * 10 ms of the start.
 */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen(host === '::' ? { port } : { host, port });
  await once(server, 'listening');
  const { address } = server.address() as AddressInfo;
  // Node also contents itself with IPv4 when somebody else has the port on an address of IPv6.
  if (host !== '::' || address === '::' || !hasIPv6()) return;
  server.close();
  throw Object.assign(new Error(`port ${port} is taken on IPv6`), { code: 'EADDRINUSE' });
}

function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).some((known) =>
    known?.some(({ family }) => family === 'IPv6'),
  );
}
