import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';

import { pendingConnections } from '../../src/process/pending-connections.ts';

test('connections that nobody has accepted yet are known by their number', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  assert.equal(pendingConnections(port), 0);
  const clients = Array.from({ length: 3 }, () => connect(port, '127.0.0.1'));
  t.after(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  // The kernel has done the handshakes; we accept none before the next turn of the event loop.
  await new Promise((resolve) => process.nextTick(resolve));
  assert.equal(pendingConnections(port), 3);
  await Promise.all(clients.map((client) => once(client, 'connect')));
});
