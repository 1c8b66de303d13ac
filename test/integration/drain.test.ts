import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';

import { WebSocket, WebSocketServer } from 'ws';

import { Deadline } from '../../src/core/deadline.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { useProxy } from '../helpers/proxy.ts';
import { useClient } from '../helpers/raw-tcp.ts';

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

test('a WebSocket is kept until the deadline of the drain, and is then ended, not forced', async (t) => {
  const { server, port: appPort } = await useHttpServer(t, () => undefined);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (bytes: Buffer) => socket.send(bytes.toString()));
  });
  const { proxy, port, sees } = await useProxy(t, { app: appPort });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  await once(socket, 'open');
  const deadline = Deadline.after(60_000);
  const drained = proxy.drain(deadline);
  await sees('listener.closed');
  socket.send('still here');
  await once(socket, 'message');
  const closed = once(socket, 'close');
  deadline.expire();
  await drained;
  await closed;
  await proxy.stop(Deadline.after(1000));
  const { completed, forced } = proxy.report();
  assert.deepEqual([completed, forced], [1, 0]);
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
