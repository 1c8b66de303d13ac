import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { test, type TestContext } from 'node:test';

import { WebSocket, WebSocketServer } from 'ws';

import { Deadline } from '../../src/core/deadline.ts';
import { eventually } from '../helpers/eventually.ts';
import { useHttpServer, type TestServer } from '../helpers/http-server.ts';
import { useProxy } from '../helpers/proxy.ts';
import { useClient, useRawApp, type RawSocket } from '../helpers/raw-tcp.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const upgrade = `${get.slice(0, -2)}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;

const at = (port: number): { host: string; port: number } => ({ host: '127.0.0.1', port });

test('requests that come while there is no app are answered by the next one, in order', async (t) => {
  const order: string[] = [];
  const next = await useHttpServer(t, (request, response) => {
    order.push(request.url ?? '');
    response.end('ok');
  });
  const { proxy, port } = await useProxy(t, { app: 1 });
  proxy.hold();
  const clients: RawSocket[] = [];
  for (const n of [1, 2, 3, 4, 5]) {
    const client = await useClient(t, port);
    clients.push(client.send(`GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`));
    await eventually(() => assert.equal(proxy.load.queued, n));
  }
  proxy.open(at(next.port));
  for (const client of clients) assert.match(await client.until('ok'), /^HTTP\/1.1 200/);
  assert.deepEqual(order, ['/1', '/2', '/3', '/4', '/5']);
});

test('the body of a request stays with its client while it waits, and arrives whole', async (t) => {
  const next = await useHttpServer(t, (request, response) => {
    let read = 0;
    request.on('data', (chunk: Buffer) => (read += chunk.length));
    request.on('end', () => response.end(`read ${read}.`));
  });
  const bytes = 32 * 1024 * 1024;
  const { proxy, port } = await useProxy(t, { app: 1, config: { maxBodyBytes: bytes } });
  proxy.hold();
  const client = await useClient(t, port);
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`);
  client.socket.write(Buffer.alloc(bytes, 'x'));
  await eventually(() => assert.equal(proxy.load.queued, 1));
  assert.ok(client.socket.writableLength > 0, 'everything was read');
  proxy.open(at(next.port));
  await client.until(`read ${bytes}.`);
});

test('a client that leaves while it waits is dropped, and no app hears of it', async (t) => {
  const next = await useRawApp(t, () => ok);
  const { proxy, port, finished } = await useProxy(t, { app: 1 });
  proxy.hold();
  const gone = await useClient(t, port);
  gone.send('POST /gone HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx');
  await eventually(() => assert.equal(proxy.load.queued, 1));
  gone.socket.destroy();
  const [record] = await finished(1);
  assert.deepEqual([record?.outcome, record?.appMs], ['aborted', 0]);
  const stays = await useClient(t, port);
  stays.send(get);
  proxy.open(at(next.port));
  await stays.until('ok');
  assert.deepEqual(
    next.requests().map(({ target }) => target),
    ['/'],
  );
});

test('whoever waits too long is told to come back, and its connection stays', async (t) => {
  const arrived = Promise.withResolvers<undefined>();
  const { proxy, port, finished } = await useProxy(t, {
    app: 1,
    queueLimit: 1,
    onQueueChange: () => arrived.resolve(undefined),
  });
  proxy.hold();
  const client = await useClient(t, port);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  client.send(get);
  await arrived.promise;
  t.mock.timers.tick(29_900);
  assert.equal(proxy.load.queued, 1);
  t.mock.timers.tick(200);
  const answer = await client.until('try again');
  assert.match(
    answer,
    /^HTTP\/1.1 503 [^]*\r\nHurricane-Error: restarting\r\nRetry-After: \d+\r\n/,
  );
  assert.doesNotMatch(answer, /Connection: close/);
  const [record] = await finished(1);
  assert.deepEqual([record?.outcome, record?.fault, record?.appMs], ['shed', 'restarting', 0]);
});

test('the thousand and first is told to come back at once', async (t) => {
  const { proxy, port, finished } = await useProxy(t, { app: 1 });
  proxy.hold();
  const clients = await Promise.all(Array.from({ length: 1001 }, () => useClient(t, port)));
  for (const client of clients) client.send(get);
  const [record] = await finished(1);
  assert.equal(record?.fault, 'restarting');
  await eventually(() => assert.equal(proxy.load.queued, 1000));
});

test('a request that a dead app refused before anybody knew of its death waits for the next app', async (t) => {
  const [app, next] = [await useHttpServer(t, () => undefined), await useRawApp(t, () => ok)];
  const { proxy, port, finished, records } = await useProxy(t, {
    app: app.port,
    awaitsRestart: true,
  });
  const without = await useProxy(t, { app: app.port });
  await die(app);
  const client = await useClient(t, port);
  client.send('POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody');
  await eventually(() => assert.equal(proxy.load.queued, 1));
  assert.equal((await fetch(without.url)).status, 502);
  assert.deepEqual(records, []);
  proxy.hold();
  proxy.open(at(next.port));
  await client.until('ok');
  assert.deepEqual(
    next.requests().map(({ body }) => body),
    ['body'],
  );
  const [record] = await finished(1);
  assert.ok(record !== undefined && record.queueMs > 50, `${record?.queueMs} ms in the queue`);
});

test('without a restart in view a refused request is answered 502 soon, with one not much later', async (t) => {
  const app = await useHttpServer(t, () => undefined);
  await die(app);
  for (const awaitsRestart of [false, true]) {
    const { url, finished } = await useProxy(t, { app: app.port, awaitsRestart });
    assert.equal((await fetch(url)).status, 502);
    assert.equal((await finished(1))[0]?.fault, 'app-refused');
  }
});

test('a GET on an idle connection of an app that died waits for the next app, a POST does not', async (t) => {
  const app = await useRawApp(t, ({ target }, { socket }) => {
    if (target !== '/') socket.destroy();
    return ok;
  });
  const next = await useRawApp(t, () => ok);
  const { proxy, port, finished } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  await client.send(get).until('ok');
  const post = 'POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx';
  const arrived = app.nextConnection();
  client.send(post);
  await client.until('app-reset');
  assert.equal((await finished(2))[1]?.fault, 'app-reset');
  await client.send(get).until(/ok[^]*ok$/);
  await arrived;
  client.send('GET /get HTTP/1.1\r\nHost: a\r\n\r\n');
  proxy.hold();
  proxy.open(at(next.port));
  await client.until(/ok[^]*ok[^]*ok$/);
  assert.deepEqual(
    next.requests().map(({ target }) => target),
    ['/get'],
  );
});

test('a handshake that waited, or was refused, goes to the next app', async (t) => {
  const [app, next] = [await useHttpServer(t, () => undefined), await useChat(t)];
  const { proxy, port } = await useProxy(t, { app: app.port, awaitsRestart: true });
  await die(app);
  const refused = new WebSocket(`ws://127.0.0.1:${port}/refused`);
  await eventually(() => assert.equal(proxy.load.queued, 1));
  proxy.hold();
  const waited = new WebSocket(`ws://127.0.0.1:${port}/waited`);
  await eventually(() => assert.equal(proxy.load.queued, 2));
  proxy.open(at(next.port));
  await Promise.all([once(refused, 'open'), once(waited, 'open')]);
  for (const socket of [refused, waited]) {
    socket.send('hello');
    assert.equal(String((await once(socket, 'message'))[0]), 'hello');
    socket.close();
    await once(socket, 'close');
  }
});

test('a handshake whose client leaves while it waits is dropped', async (t) => {
  const next = await useRawApp(t, () => ok);
  const { proxy, port, finished } = await useProxy(t, { app: 1 });
  proxy.hold();
  const client = await useClient(t, port);
  client.send(upgrade);
  await eventually(() => assert.equal(proxy.load.queued, 1));
  client.socket.destroy();
  assert.equal((await finished(1))[0]?.outcome, 'aborted');
  proxy.open(at(next.port));
  assert.equal(next.connections.length, 0);
});

test('what is in hand on the former app ends there, new requests go to the new one', async (t) => {
  const [old, next] = [await useHeldApp(t, 'old'), await useHeldApp(t, 'new')];
  const { proxy, port } = await useProxy(t, { app: old.port });
  const before = await useClient(t, port);
  before.send(get);
  await old.arrived;
  const former = proxy.open(at(next.port));
  assert.ok(former !== undefined);
  const after = await useClient(t, port);
  after.send(get);
  await next.arrived;
  next.release();
  assert.match(await after.until('new'), /200 OK/);
  const idle = former.whenIdle(Deadline.after(10_000));
  old.release();
  assert.match(await before.until('old'), /200 OK/);
  await idle;
  await eventually(() => assert.equal(openConnections(old.server), 0));
});

test('a former app whose requests never end is waited for until the deadline, and no longer', async (t) => {
  const [old, next] = [await useHeldApp(t, 'old'), await useHeldApp(t, 'new')];
  const { proxy, port, records } = await useProxy(t, { app: old.port });
  const client = await useClient(t, port);
  client.send(get);
  await old.arrived;
  await proxy.open(at(next.port))?.whenIdle(Deadline.after(50));
  assert.deepEqual(records, []);
  old.release();
  await client.until('old');
});

test('WebSockets of the former app are told to come back, those of the new one stay', async (t) => {
  const [old, next] = [await useChat(t), await useChat(t)];
  const { proxy, port } = await useProxy(t, { app: old.port });
  const first = new WebSocket(`ws://127.0.0.1:${port}/`);
  await once(first, 'open');
  const former = proxy.open(at(next.port));
  const second = new WebSocket(`ws://127.0.0.1:${port}/`);
  await once(second, 'open');
  const closed = once(first, 'close');
  await former?.whenIdle(Deadline.after(10_000));
  assert.equal((await closed)[0], 1012);
  second.send('still here');
  assert.equal(String((await once(second, 'message'))[0]), 'still here');
  second.terminate();
});

test('a hundred changes of the app leave nothing behind, and no request is lost', async (t) => {
  const app = await useHttpServer(t, (_, response) => response.end('ok'));
  const { proxy, port, finished } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  for (let n = 1; n <= 100; n += 1) {
    client.received = '';
    client.send(get);
    if (n % 2 === 0) proxy.hold();
    proxy.open(at(app.port));
    await client.until('ok');
  }
  const outcomes = new Set((await finished(100)).map(({ outcome }) => outcome));
  assert.deepEqual([...outcomes], ['completed']);
  await eventually(() => assert.ok(openConnections(app.server) <= 1));
});

test('whoever waits when there will be no app any more is told so at once', async (t) => {
  const { proxy, port, finished } = await useProxy(t, { app: 1 });
  proxy.hold();
  const clients = [await useClient(t, port), await useClient(t, port)] as const;
  clients[0].send(get);
  clients[1].send(upgrade);
  await eventually(() => assert.equal(proxy.load.queued, 2));
  const drained = proxy.drain(Deadline.after(0));
  await drained;
  await proxy.stop(Deadline.after(60_000));
  for (const client of clients) {
    assert.match(await client.all(), /^HTTP\/1.1 503 [^]*Hurricane-Error: draining/);
  }
  const outcomes = (await finished(2)).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ['shed', 'shed']);
  assert.equal(proxy.load.active, 0);
});

test('while draining a held request is still answered by the next app', async (t) => {
  const next = await useRawApp(t, () => ok);
  const { proxy, port, sees } = await useProxy(t, { app: 1 });
  proxy.hold();
  const client = await useClient(t, port);
  client.send(get);
  await eventually(() => assert.equal(proxy.load.queued, 1));
  const drained = proxy.drain(Deadline.after(10_000));
  await sees('listener.closed');
  proxy.open(at(next.port));
  await client.until('ok');
  await drained;
});

/** An app that answers with its name when it is told to. */
async function useHeldApp(
  t: TestContext,
  name: string,
): Promise<TestServer & { arrived: Promise<unknown>; release: () => void }> {
  const arrived = Promise.withResolvers<undefined>();
  const released = Promise.withResolvers<undefined>();
  const server = await useHttpServer(t, (_, response) => {
    arrived.resolve(undefined);
    void released.promise.then(() => response.end(name));
  });
  return { ...server, arrived: arrived.promise, release: () => released.resolve(undefined) };
}

/** An app with a WebSocket that says what it hears. */
async function useChat(t: TestContext): Promise<TestServer> {
  const app = await useHttpServer(t, () => undefined);
  new WebSocketServer({ server: app.server }).on('connection', (socket) => {
    socket.on('message', (bytes: Buffer) => socket.send(bytes.toString()));
  });
  return app;
}

/** As after kill -9: nobody listens, and what was open is reset. */
async function die({ server }: TestServer): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

function openConnections(server: Server): number {
  return (server as unknown as { _connections: number })._connections;
}
