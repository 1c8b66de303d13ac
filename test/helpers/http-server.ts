// A plain HTTP server on a free loopback port, gone with its test.

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface TestServer {
  readonly server: Server;
  readonly port: number;
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
}

export async function useHttpServer(
  t: TestContext,
  listener: RequestListener,
  { on = 0 }: { /** A port that is known before. */ readonly on?: number } = {},
): Promise<TestServer> {
  const server = createServer(listener).listen(on, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}` };
}
