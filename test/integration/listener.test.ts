import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Deadline } from '../../src/core/deadline.ts';
import { HurricaneError } from '../../src/core/errors.ts';
import { Listener, type Handler } from '../../src/http/listener.ts';
import { reachHttp, reachTcp } from '../../src/http/reach.ts';
import { dropNewConnections } from '../../src/process/libc.ts';
import { eventually } from '../helpers/eventually.ts';
import { useClient } from '../helpers/raw-tcp.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

async function useListener(
  t: TestContext,
  handler: Handler,
  { port = 0, host = '127.0.0.1' } = {},
): Promise<Listener> {
  const listener = new Listener({
    ...{ host, port, hints: { port: 'by --port', host: 'by --host' }, handler },
    ...{ headerTimeoutMs: 15_000, idleTimeoutMs: 75_000, maxHeaderBytes: 65_536 },
    dropNewConnections,
  });
  await listener.bind();
  t.after(() => listener.close(Deadline.after(0)));
  return listener;
}

const answering: Handler = { handleRequest: (_, response) => void response.end('ok') };

test('a taken port is a sentence that names the flag, and leaves nothing behind', async (t) => {
  const { address } = await useListener(t, answering);
  await assert.rejects(useListener(t, answering, { port: address.port }), (error) => {
    assert.ok(error instanceof HurricaneError);
    assert.equal(error.code, 'port-taken');
    assert.match(error.message, new RegExp(`port ${address.port} .*taken`));
    assert.equal(error.hint, 'by --port');
    return true;
  });
});

test('`::` is not contented with IPv4 when somebody has the port on an address of IPv6', async (t) => {
  const other = createServer().listen(0, '::1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await assert.rejects(useListener(t, answering, { host: '::', port }), { code: 'port-taken' });
});

test('an address of another machine is a sentence that names the flag of the host', async (t) => {
  await assert.rejects(useListener(t, answering, { host: '192.0.2.1' }), {
    code: 'port-taken',
    message: '192.0.2.1 is no address of this machine',
    hint: 'by --host',
  });
});

test('`::` accepts IPv4 as well', async (t) => {
  const { address } = await useListener(t, answering, { host: '::' });
  const client = await useClient(t, address.port);
  await client.send(get).until('ok');
});

test('after stopAccepting a new connection is refused and an old one is still served', async (t) => {
  const listener = await useListener(t, answering);
  const { port } = listener.address;
  const client = await useClient(t, port);
  await client.send(get).until('ok');
  await listener.stopAccepting(Deadline.after(1000));
  const [error] = (await once(connect(port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
  await client.send(get).until(/ok[^]*ok/);
});

test('who asks while it closes is served or refused, and never reset', async (t) => {
  const listener = await useListener(t, answering);
  const { port } = listener.address;
  const asked: Promise<string>[] = [];
  const asking = setInterval(() => asked.push(fateOf(port)), 1);
  await eventually(() => assert.ok(asked.length > 20));
  await listener.stopAccepting(Deadline.after(1000));
  clearInterval(asking);
  const fates = new Set(await Promise.all(asked));
  assert.deepEqual([...fates].sort(), ['ECONNREFUSED', 'served']);
});

/** The end of one request on a connection of its own. */
async function fateOf(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  try {
    return (await text(socket)).endsWith('ok') ? 'served' : 'unanswered';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

test('a request that arrived while we were busy is read before its connection counts as idle', async (t) => {
  const listener = await useListener(t, answering);
  const client = connect(listener.address.port, '127.0.0.1');
  t.after(() => client.destroy());
  await once(client, 'connect');
  const idleMs = 20;
  await sleep(2 * idleMs);
  client.write(get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  void listener.whenEmpty(idleMs, Deadline.after(1000));
  assert.ok((await text(client)).endsWith('ok'));
});

test('idle connections end by age, those in hand with their answer', async (t) => {
  const held = Promise.withResolvers<ServerResponse>();
  const listener = await useListener(t, {
    handleRequest: (request, response) => {
      if (request.url === '/held') held.resolve(response);
      else response.end('ok');
    },
  });
  const { port } = listener.address;
  const idle = await useClient(t, port);
  await idle.send(get).until('ok');
  const busy = await useClient(t, port);
  busy.send('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
  const response = await held.promise;
  const young = await useClient(t, port);
  await listener.stopAccepting(Deadline.after(1000));
  const empty = listener.whenEmpty(300, Deadline.after(10_000));
  // Just accepted, its request on the way: it is served.
  await young.send(get).until('ok');
  await idle.closed;
  assert.equal(busy.socket.destroyed, false);
  response.setHeader('Connection', 'close');
  response.end('held');
  assert.match(await busy.all(), /held$/);
  await empty;
  await young.closed;
});

test('close destroys what is left when the deadline passes', async (t) => {
  const held = Promise.withResolvers<undefined>();
  const listener = await useListener(t, { handleRequest: () => held.resolve(undefined) });
  const client = await useClient(t, listener.address.port);
  client.send(get);
  await held.promise;
  await listener.close(Deadline.after(20));
  await client.closed;
  assert.equal(client.received, '');
});

test('a handler without upgrades answers a handshake as a request', async (t) => {
  const listener = await useListener(t, answering);
  const client = await useClient(t, listener.address.port);
  client.send(`${get.slice(0, -2)}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  await client.until('ok');
});

test('reaching: accepted, refused, an answer by its status, too late, called off', async (t) => {
  const statuses: Record<string, number> = { '/good': 204, '/moved': 302, '/bad': 500 };
  const listener = await useListener(t, {
    handleRequest: ({ url = '' }, response) => {
      const status = statuses[url];
      if (status !== undefined) response.writeHead(status).end();
    },
  });
  const address = listener.address;
  const limits = { timeoutMs: 5000 };
  assert.deepEqual(await reachTcp(address, limits), { ok: true });
  assert.deepEqual(await reachHttp({ address, path: '/good' }, limits), { ok: true, status: 204 });
  const url = `http://127.0.0.1:${address.port}`;
  assert.deepEqual(await reachHttp(`${url}/moved`, limits), { ok: true, status: 302 });
  const bad = await reachHttp(`${url}/bad`, limits);
  assert.deepEqual(bad, { ok: false, status: 500, reason: 'answered 500' });
  const late = await reachHttp({ address, path: '/never' }, { timeoutMs: 30 });
  assert.deepEqual(late, { ok: false, reason: 'no answer within 30 ms' });
  const signal = AbortSignal.abort();
  assert.equal((await reachHttp(`${url}/never`, { ...limits, signal })).ok, false);
  assert.equal((await reachTcp(address, { ...limits, signal })).ok, false);
  await listener.stopAccepting(Deadline.after(1000));
  const refused = { ok: false, reason: 'connection refused' };
  assert.deepEqual(await reachTcp(address, limits), refused);
  assert.deepEqual(await reachHttp({ address, path: '/' }, limits), refused);
  assert.equal((await reachHttp('not a url', limits)).ok, false);
});
