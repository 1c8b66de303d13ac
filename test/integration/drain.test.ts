import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';

import { WebSocket, WebSocketServer } from 'ws';

import { Deadline } from '../../src/core/deadline.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { useProxy } from '../helpers/proxy.ts';
import { useClient, useRawApp } from '../helpers/raw-tcp.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('an idle instance drains within the quiet time and says when its listener is closed', async (t) => {
  const { port: appPort } = await useHttpServer(t, (_, response) => response.end('ok'));
  const { proxy, events, url } = await useProxy(t, { app: appPort, stop: { drainQuietMs: 100 } });
  const startedAt = performance.now();
  const drained = proxy.drain(Deadline.after(10_000));
  assert.deepEqual(events, []);
  await drained;
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs >= 99 && tookMs < 1100, `${tookMs} ms`);
  assert.deepEqual(events, ['listener.closed']);
  await assert.rejects(fetch(url));
});

test('requests are served during the delay, each answer ending its connection', async (t) => {
  const { port: appPort } = await useHttpServer(t, (_, response) => response.end('ok'));
  const { proxy, port, events } = await useProxy(t, {
    app: appPort,
    stop: { drainDelayMs: 200, drainQuietMs: 50 },
  });
  const old = await useClient(t, port);
  await old.send(get).until('ok');
  assert.doesNotMatch(old.received, /Connection: close/);
  const drained = proxy.drain(Deadline.after(10_000));
  assert.match(await old.send(get).all(), /ok[^]*Connection: close\r\n[^]*ok$/);
  const fresh = await useClient(t, port);
  assert.match(await fresh.send(get).all(), /Connection: close\r\n[^]*ok$/);
  assert.deepEqual(events, []);
  await drained;
});

test('what is in hand when the listener closes gets its whole answer', async (t) => {
  const held: ServerResponse[] = [];
  const all = Promise.withResolvers<undefined>();
  const { port: appPort } = await useHttpServer(t, (_, response) => {
    response.write('begin');
    held.push(response);
    if (held.length === 20) all.resolve(undefined);
  });
  const { proxy, port, finished } = await useProxy(t, { app: appPort });
  const clients = await Promise.all(Array.from({ length: 20 }, () => useClient(t, port)));
  for (const client of clients) client.send(get);
  await all.promise;
  const drained = proxy.drain(Deadline.after(10_000));
  for (const client of clients) await client.until('begin');
  for (const response of held) response.end('end');
  await drained;
  for (const client of clients) await client.until(/end\r\n0\r\n\r\n$/);
  const outcomes = new Set((await finished(20)).map(({ outcome }) => outcome));
  assert.deepEqual([...outcomes], ['completed']);
  assert.equal(proxy.report().forced, 0);
});

test('a connection that was accepted before the close may still bring its request', async (t) => {
  const { port: appPort } = await useHttpServer(t, (_, response) => response.end('ok'));
  const { proxy, port, sees } = await useProxy(t, {
    app: appPort,
    stop: { drainQuietMs: 1000 },
  });
  // Half of this budget is less than the quiet time: the listener closes while the client is young.
  const drained = proxy.drain(Deadline.after(600));
  const client = await useClient(t, port);
  await sees('listener.closed');
  assert.match(await client.send(get).all(), /ok$/);
  await drained;
});

test('requests without end cannot hold the listener open beyond half of the budget', async (t) => {
  const { port: appPort } = await useHttpServer(t, (_, response) => response.end('ok'));
  const { proxy, url, finished } = await useProxy(t, {
    app: appPort,
    stop: { drainQuietMs: 10_000 },
  });
  const startedAt = performance.now();
  let served = 0;
  const load = (async (): Promise<void> => {
    for (;;) {
      const answer = await fetch(url).catch(() => undefined);
      if (answer === undefined) return;
      await answer.text();
      served += 1;
    }
  })();
  await finished(1);
  await proxy.drain(Deadline.after(1000));
  await load;
  assert.ok(performance.now() - startedAt < 3000);
  assert.equal(proxy.report().completed, served);
});

test('a second signal lets the deadline pass, and every wait ends', async (t) => {
  const { port: appPort } = await useHttpServer(t, () => undefined);
  const { proxy, port, finished } = await useProxy(t, {
    app: appPort,
    stop: { drainDelayMs: 60_000 },
  });
  const client = await useClient(t, port);
  client.send(get);
  const deadline = Deadline.after(120_000);
  const drained = proxy.drain(deadline);
  deadline.expire();
  await drained;
  await proxy.stop(deadline);
  await client.closed;
  assert.deepEqual(
    (await finished(1)).map(({ outcome, fault }) => [outcome, fault]),
    [['failed', 'stopped']],
  );
});

test('what is in hand when all time is over is cut, counted as forced, and the books balance', async (t) => {
  const arrived = Promise.withResolvers<undefined>();
  const { port: appPort } = await useHttpServer(t, (request, response) => {
    if (request.url === '/begun') response.write('begin');
    else arrived.resolve(undefined);
  });
  const { proxy, port } = await useProxy(t, { app: appPort });
  const begun = await useClient(t, port);
  await begun.send('GET /begun HTTP/1.1\r\nHost: a\r\n\r\n').until('begin');
  const waiting = await useClient(t, port);
  waiting.send(get);
  await arrived.promise;
  await proxy.drain(Deadline.after(50));
  await proxy.stop(Deadline.after(50));
  assert.equal(await begun.closed, 'reset');
  assert.match(await waiting.all(), /^HTTP\/1.1 503 [^]*Hurricane-Error: stopped/);
  const { accepted, completed, shed, aborted, failed, forced } = proxy.report();
  assert.deepEqual([accepted, failed, forced], [2, 2, 2]);
  assert.equal(accepted, completed + shed + aborted + failed);
  assert.equal(proxy.load.active, 0);
});

test('WebSockets get 1012 one after the other, and until then every message', async (t) => {
  const { server, port: appPort } = await useHttpServer(t, () => undefined);
  const sockets = new WebSocketServer({ server });
  const codesAtApp: number[] = [];
  sockets.on('connection', (socket) => {
    socket.on('message', (bytes: Buffer) => socket.send(bytes.toString()));
    socket.on('close', (code) => codesAtApp.push(code));
  });
  const { proxy, port, sees } = await useProxy(t, { app: appPort });
  const clients = await Promise.all(Array.from({ length: 8 }, () => open(port)));
  const closed = clients.map(async (client) => {
    const [code] = (await once(client, 'close')) as [number];
    return { code, atMs: performance.now() };
  });
  const deadline = Deadline.after(60_000);
  const drained = proxy.drain(deadline);
  await sees('listener.closed');
  const last = clients.at(-1);
  last?.send('still here');
  if (last !== undefined) assert.equal(String((await once(last, 'message'))[0]), 'still here');
  const ends = await Promise.all(closed);
  await drained;
  assert.ok(!deadline.passed);
  assert.deepEqual(new Set(ends.map(({ code }) => code)), new Set([1012]));
  const times = ends.map(({ atMs }) => atMs);
  const tookMs = Math.max(...times) - Math.min(...times);
  assert.ok(tookMs > 1000, `all within ${tookMs} ms`);
  assert.deepEqual(new Set(codesAtApp), new Set([1012]));
  await proxy.stop(Deadline.after(1000));
  const { completed, forced } = proxy.report();
  assert.deepEqual([completed, forced], [8, 0]);
});

test('when the time to drain is over every WebSocket that is left gets its 1012 at once', async (t) => {
  const { server, port: appPort } = await useHttpServer(t, () => undefined);
  new WebSocketServer({ server });
  const { proxy, port, sees } = await useProxy(t, { app: appPort });
  const clients = await Promise.all(Array.from({ length: 50 }, () => open(port)));
  const closed = Promise.all(clients.map((client) => once(client, 'close')));
  const deadline = Deadline.after(600_000);
  const drained = proxy.drain(deadline);
  await sees('listener.closed');
  deadline.expire();
  await drained;
  await proxy.stop(Deadline.after(5000));
  assert.deepEqual(new Set((await closed).map(([code]) => code as number)), new Set([1012]));
  assert.equal(proxy.report().forced, 0);
});

test('the close frame waits for the end of a frame, and nothing of the app`s follows it', async (t) => {
  const app = await useRawApp(t, () => switching);
  const { proxy, port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const arrived = app.nextConnection();
  client.send(handshake);
  const connection = await arrived;
  await client.until('\r\n\r\n');
  client.received = '';
  connection.send('\x01\x05he');
  await client.until('he');
  const deadline = Deadline.after(60_000);
  const drained = proxy.drain(deadline);
  deadline.expire();
  await drained;
  connection.send('llo\x80\x05world');
  assert.equal(await client.all(), '\x01\x05hello\x88\x02\x03\xf4');
  assert.equal(await client.closed, 'end');
});

test('an app that has closed by itself is not closed again', async (t) => {
  const app = await useRawApp(t, () => switching);
  const { proxy, port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  client.send(handshake);
  await client.until('\r\n\r\n');
  client.received = '';
  app.connections[0]?.send('\x88\x02\x03\xe8');
  await client.until('\xe8');
  await proxy.drain(Deadline.after(1000));
  assert.equal(await client.all(), '\x88\x02\x03\xe8');
});

test('an event stream ends whole at the end of the window, and may end by itself before', async (t) => {
  const responses = new Map<string, ServerResponse>();
  const { port: appPort } = await useHttpServer(t, (request, response) => {
    responses.set(request.url ?? '', response);
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    response.write('data: 1\n\n');
  });
  const { proxy, port, sees, finished } = await useProxy(t, { app: appPort });
  const client = await useClient(t, port);
  const early = await useClient(t, port);
  for (const [each, path] of [
    [client, '/endless'],
    [early, '/ends'],
  ] as const) {
    await each.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).until('data: 1');
  }
  const deadline = Deadline.after(2000);
  const drained = proxy.drain(deadline);
  await sees('listener.closed');
  responses.get('/ends')?.end('data: last\n\n');
  await early.until(/data: last\n\n\r\n0\r\n\r\n$/);
  responses.get('/endless')?.write('data: 2\n\n');
  await client.until('data: 2');
  const endless = responses.get('/endless');
  const gone = endless === undefined ? undefined : once(endless, 'close');
  assert.match(await client.all(), /data: 2\n\n\r\n0\r\n\r\n$/);
  assert.ok(!deadline.passed);
  await gone;
  await drained;
  const outcomes = (await finished(2)).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ['completed', 'completed']);
  assert.equal(proxy.report().forced, 0);
});

test('before the app is up a drain does not wait', async (t) => {
  const { proxy, events, port } = await useProxy(t, {
    app: undefined,
    stop: { drainDelayMs: 60_000 },
  });
  const client = await useClient(t, port);
  await client.send(get).until('starting');
  await proxy.drain(Deadline.after(0));
  assert.deepEqual(events, ['listener.closed']);
});

const handshake = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const switching =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

async function open(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  await once(socket, 'open');
  return socket;
}
