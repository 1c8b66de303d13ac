// A receiver of webhooks behind TLS, with a certificate that only its own file vouches for.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

export interface TlsSink {
  readonly url: string;
  readonly bodies: readonly string[];
  /** The certificate, for whoever shall trust it. */
  readonly certificatePath: string;
}

/** Answers everything with 204. */
export async function useTlsSink(t: TestContext): Promise<TlsSink> {
  const certificatePath = join(import.meta.dirname, 'localhost.pem');
  // One file holds key and certificate; made to last a hundred years by
  // openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost \
  //   -addext subjectAltName=DNS:localhost -keyout localhost.pem -out localhost.pem
  const pem = readFileSync(certificatePath);
  const bodies: string[] = [];
  const server = createServer({ key: pem, cert: pem }, (req, res) => {
    void text(req).then((body) => {
      bodies.push(body);
      res.writeHead(204).end();
    });
  });
  // A client that does not trust us ends the handshake.
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://localhost:${port}/`, bodies, certificatePath };
}
