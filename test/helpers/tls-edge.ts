// A server that shows a certificate, and counts what is said to it behind that.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer } from 'node:tls';

import type { Certificate } from './certificates.ts';

export interface TlsEdge {
  readonly port: number;
  /** Bytes of whoever trusts it. */
  readonly heard: number;
}

export async function useTlsEdge(t: TestContext, { cert, key }: Certificate): Promise<TlsEdge> {
  let heard = 0;
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => {
    socket.on('data', ({ length }: Buffer) => (heard += length));
    socket.on('error', () => undefined);
  });
  // A client that does not trust us ends the handshake.
  server.on('tlsClientError', () => undefined);
  server.listen(0, 'localhost');
  await once(server, 'listening');
  t.after(() => server.close());
  return {
    port: (server.address() as AddressInfo).port,
    get heard() {
      return heard;
    },
  };
}
