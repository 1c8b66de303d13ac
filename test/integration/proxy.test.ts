import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { WebSocket, WebSocketServer } from 'ws';

import { eventually } from '../helpers/eventually.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { useProxy } from '../helpers/proxy.ts';
import { useClient, useRawApp } from '../helpers/raw-tcp.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('the bytes of target and fields arrive as they were sent', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const fields = ['hOsT: a', 'X-b: 1', 'x-A: \u00e9\u00ff', 'X-b: 2', 'Cookie: a="b"', '123: 4'];
  client.send(`GET //a/../%2f%zz?x=//&http:/ HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`);
  await client.until('ok');
  const [request] = app.requests();
  assert.equal(request?.target, '//a/../%2f%zz?x=//&http:/');
  assert.deepEqual(request.lines.slice(0, fields.length), fields);
});

test('the bytes of the status line and fields of the answer arrive as they were sent', async (t) => {
  const head = [
    'HTTP/1.1 299 Very \u00e9',
    'set-COOKIE: a=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/',
    'X-b: \u00ff',
    'Set-Cookie: b=c',
    'x-B: 2',
    'Date: x',
    'Content-Length: 2',
  ];
  const app = await useRawApp(
    t,
    () => `${head.join('\r\n')}\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\nok`,
  );
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const answer = await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').until('ok');
  assert.deepEqual(answer.split('\r\n').slice(0, head.length), head);
  assert.ok(!answer.includes('X-Hop'));
});

test('a latin-1 field of an answer whose body comes later keeps its bytes', async (t) => {
  const app = await useRawApp(t, () => 'HTTP/1.1 200 OK\r\nX: \u00e9\r\n\r\n');
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  assert.match(
    await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').until('\r\n\r\n'),
    /\r\nX: \u00e9\r\n/,
  );
});

test('what the app gets to know about the request', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port, finished } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  await client.send('GET /a HTTP/1.1\r\nHost: pub.example:80\r\n\r\n').until('ok');
  const fields = app.requests()[0]?.fields;
  const [record] = await finished(1);
  assert.deepEqual(fields?.get('x-forwarded-for'), ['127.0.0.1']);
  assert.deepEqual(fields.get('x-forwarded-proto'), ['http']);
  assert.deepEqual(fields.get('x-forwarded-host'), ['pub.example:80']);
  assert.deepEqual(fields.get('x-forwarded-port'), [String(port)]);
  assert.deepEqual(fields.get('x-request-id'), [record?.requestId]);
  assert.deepEqual(fields.get('traceparent'), [record?.traceparent]);
  const [start = ''] = fields.get('x-request-start') ?? [];
  assert.ok(Math.abs(Number(start.slice(2)) - Date.now()) < 60_000, start);
});

test('a finished request has one record with its sizes and times', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port, finished, proxy } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  await client.send('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc').until('ok');
  const [record] = await finished(1);
  assert.ok(record !== undefined);
  const { method, target, status, outcome, requestBytes, responseBytes } = record;
  assert.deepEqual(
    [method, target, status, outcome, requestBytes, responseBytes],
    ['POST', '/a', 200, 'completed', 3, 2],
  );
  assert.ok(record.durationMs >= (record.ttfbMs ?? Infinity));
  assert.ok((record.ttfbMs ?? 0) >= record.queueMs);
  assert.equal(proxy.load.finished, 1);
  assert.equal(proxy.load.active, 0);
});

test('one connection to the app serves requests one after the other', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  for (let i = 1; i <= 3; i += 1) {
    client.received = '';
    await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').until('ok');
  }
  assert.equal(app.connections.length, 1);
  assert.equal(app.requests().length, 3);
});

test('pipelined requests reach the app one at a time and are answered in order', async (t) => {
  const connections = new Set();
  let inHand = 0;
  let most = 0;
  const { port: appPort } = await useHttpServer(t, (request, response) => {
    inHand += 1;
    most = Math.max(most, inHand);
    connections.add(request.socket);
    void setImmediate().then(() => {
      inHand -= 1;
      response.end(request.url);
    });
  });
  const { port, finished } = await useProxy(t, { app: appPort });
  const client = await useClient(t, port);
  const count = 40;
  let text = '';
  for (let i = 0; i < count; i += 1)
    text += `POST /${i}; HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx`;
  await client.send(text).until(`/${count - 1};`);
  const order = client.received.match(/\/\d+;/g);
  assert.deepEqual(
    order,
    Array.from({ length: count }, (_, i) => `/${i};`),
  );
  assert.equal(most, 1);
  assert.equal((await finished(count)).length, count);
});

test('pipelined requests whose connection ends while they wait are counted as aborted', async (t) => {
  const app = await useRawApp(t, () => undefined);
  const { port, finished, proxy } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const arrived = app.nextConnection();
  client.send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
  await (await arrived).until('/1');
  client.socket.destroy();
  const outcomes = (await finished(3)).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ['aborted', 'aborted', 'aborted']);
  assert.equal(app.requests().length, 1);
  assert.deepEqual([proxy.load.queued, proxy.load.active], [0, 0]);
});

test('events reach the client one by one, and an open stream is not in the queue', async (t) => {
  let send: (text: string) => void = () => undefined;
  const { port: appPort } = await useHttpServer(t, (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    send = (text) => void response.write(text);
  });
  const { port, proxy } = await useProxy(t, { app: appPort });
  const client = await useClient(t, port);
  await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').until('event-stream');
  assert.deepEqual([proxy.load.queued, proxy.load.active], [0, 1]);
  for (const event of ['one', 'two', 'three']) {
    send(`data: ${event}\n\n`);
    await client.until(event);
  }
});

test('a chunked upload streams through while it is being made, and so does its answer', async (t) => {
  const { port: appPort } = await useHttpServer(t, (request, response) => request.pipe(response));
  const { port } = await useProxy(t, { app: appPort });
  const client = await useClient(t, port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (const word of ['first', 'second']) {
    await client.send(`${word.length.toString(16)}\r\n${word}\r\n`).until(word);
  }
  await client.send('0\r\n\r\n').until(/0\r\n\r\n$/);
});

const pieceBytes = 64 * 1024;
const pieces = 1024;
/** What two connections and the streams at their ends may hold, far below the whole. */
const heldBytes = 32 * 1024 * 1024;

test('a slow reader holds back the app', async (t) => {
  let written = 0;
  const { port: appPort } = await useHttpServer(t, (_, response) => {
    void writeAll(response, (bytes) => (written += bytes));
  });
  const { url } = await useProxy(t, { app: appPort });
  const download = httpRequest(url).end();
  const [answer] = (await once(download, 'response')) as [IncomingMessage];
  assert.equal(await readSlowly(answer, () => written), pieces * pieceBytes);
});

test('a slow app holds back an upload', async (t) => {
  let sent = 0;
  const read = Promise.withResolvers<number>();
  const { port: appPort } = await useHttpServer(t, (request, response) => {
    read.resolve(readSlowly(request, () => sent).finally(() => response.end()));
  });
  const { url } = await useProxy(t, { app: appPort, config: { maxBodyBytes: 2 ** 40 } });
  const upload = httpRequest(url, { method: 'POST' });
  const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
  await writeAll(upload, (bytes) => (sent += bytes));
  assert.equal(await read.promise, pieces * pieceBytes);
  (await answered)[0].resume();
});

async function writeAll(stream: Writable, count: (bytes: number) => void): Promise<void> {
  const piece = Buffer.alloc(pieceBytes);
  for (let i = 0; i < pieces; i += 1) {
    count(piece.length);
    if (!stream.write(piece)) await once(stream, 'drain');
  }
  stream.end();
}

/** Reads all; at no time may the writer be further ahead than what may be held in between. */
async function readSlowly(stream: Readable, written: () => number): Promise<number> {
  let received = 0;
  for await (const bytes of stream as AsyncIterable<Buffer>) {
    received += bytes.length;
    assert.ok(written() - received <= heldBytes, `${written() - received} bytes in between`);
    await setImmediate();
  }
  return received;
}

test('a client that asks for 100 Continue gets the app`s, and sends its body then', async (t) => {
  const { server, port: appPort } = await useHttpServer(t, () => undefined);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    response.writeContinue();
    request.pipe(response);
  });
  const { port } = await useProxy(t, { app: appPort });
  const client = await useClient(t, port);
  client.send('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
  await client.until('HTTP/1.1 100 Continue\r\n\r\n');
  assert.match(await client.send('body').until('body'), /HTTP\/1.1 200 OK/);
});

test('an app that refuses instead of 100 Continue is heard, and the connection ends', async (t) => {
  const app = await useRawApp(t, () => undefined);
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const arrived = app.nextConnection();
  client.send('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
  const connection = await arrived;
  await connection.until('\r\n\r\n');
  connection.send('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno');
  assert.match(await client.all(), /^HTTP\/1.1 401 No\r\n[^]*Connection: close\r\n[^]*no$/);
});

test('1xx answers go on before the final one, but not to HTTP/1.0', async (t) => {
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n';
  const app = await useRawApp(t, () => early + ok);
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const answer = await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').until('ok');
  assert.ok(answer.startsWith(`${early}HTTP/1.1 200 OK`), answer);
  const old = await useClient(t, port);
  assert.match(await old.send('GET / HTTP/1.0\r\n\r\n').all(), /^HTTP\/1.1 200 OK/);
});

test('trailers go on in both directions', async (t) => {
  const app = await useRawApp(t, () =>
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n',
      '2\r\nok\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n',
    ].join(''),
  );
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-In\r\n\r\n');
  client.send('2\r\nhi\r\n0\r\nX-In: 3\r\n\r\n');
  const answer = await client.until('X-Sum: 2\r\n\r\n');
  assert.match(answer, /Trailer: X-Sum\r\n[^]*2\r\nok\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n$/);
  assert.deepEqual(app.requests()[0]?.trailers, ['X-In: 3']);
});

test('HEAD, 204 and 304 have no body and leave the connection usable', async (t) => {
  const answers: Record<string, string> = {
    '/head': 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n',
    '/204': 'HTTP/1.1 204 No Content\r\n\r\n',
    '/304': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\nETag: "x"\r\n\r\n',
    '/end': ok,
  };
  const app = await useRawApp(t, ({ target }) => answers[target]);
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  client.send('HEAD /head HTTP/1.1\r\nHost: a\r\n\r\nGET /204 HTTP/1.1\r\nHost: a\r\n\r\n');
  client.send('GET /304 HTTP/1.1\r\nHost: a\r\n\r\nGET /end HTTP/1.1\r\nHost: a\r\n\r\n');
  const answer = await client.until(/ok$/);
  const [head = '', none = '', same = '', end = ''] = answer.split(/(?=HTTP\/1\.1)/);
  assert.match(head, /^HTTP\/1.1 200 OK\r\nContent-Length: 50\r\n[^]*\r\n\r\n$/);
  assert.match(none, /^HTTP\/1.1 204 No Content\r\n[^]*\r\n\r\n$/);
  assert.match(same, /^HTTP\/1.1 304 Not Modified\r\nContent-Length: 50\r\nETag: "x"\r\n/);
  assert.match(end, /\r\n\r\nok$/);
});

test('an answer that ends with its connection arrives whole, chunked or by the end of ours', async (t) => {
  const app = await useRawApp(t, (_, { socket }) => {
    socket.end('HTTP/1.1 200 OK\r\n\r\nto the end');
    return undefined;
  });
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const answer = await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').until('0\r\n\r\n');
  assert.match(answer, /Transfer-Encoding: chunked\r\n\r\na\r\nto the end\r\n0\r\n\r\n$/);
  const old = await useClient(t, port);
  const oldAnswer = await old.send('GET / HTTP/1.0\r\n\r\n').all();
  assert.match(oldAnswer, /\r\n\r\nto the end$/);
  assert.doesNotMatch(oldAnswer, /transfer-encoding/i);
  assert.equal(app.requests()[1]?.fields.get('host')?.length, 1);
});

test('a chunked DELETE and a chunked OPTIONS reach the app with their body inside', async (t) => {
  for (const method of ['DELETE', 'OPTIONS', 'GET']) {
    const app = await useRawApp(t, () => ok);
    const { port } = await useProxy(t, { app: app.port });
    const client = await useClient(t, port);
    client.send(`${method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
    await client.send('5\r\nhello\r\n0\r\n\r\n').until('ok');
    const requests = app.requests();
    assert.deepEqual(
      requests.map(({ method: seen, body }) => [seen, body]),
      [[method, 'hello']],
    );
    assert.ok(!requests[0]?.fields.has('content-length'));
  }
});

test('absolute targets become paths, OPTIONS * stays, CONNECT is refused', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port, finished } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  client.send('GET http://real.example/a//b?c HTTP/1.1\r\nHost: other\r\n\r\n');
  client.send('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until(/ok[^]*ok/);
  const [absolute, star] = app.requests();
  assert.equal(absolute?.target, '/a//b?c');
  assert.deepEqual(absolute.fields.get('host'), ['real.example']);
  assert.equal(star?.target, '*');
  const tunnel = await useClient(t, port);
  const answer = await tunnel.send('CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n').all();
  assert.match(answer, /^HTTP\/1.1 405 [^]*Hurricane-Error: connect-refused/);
  assert.deepEqual((await finished(3))[2]?.outcome, 'shed');
});

test('an app on a unix socket', async (t) => {
  const socketPath = join(tmpdir(), `hurricane-proxy-test-${process.pid}.sock`);
  const app = createServer((_, response) => response.end('by socket')).listen(socketPath);
  await once(app, 'listening');
  t.after(() => app.close());
  const { url } = await useProxy(t, { app: { socketPath } });
  assert.equal(await (await fetch(url)).text(), 'by socket');
});

test('a WebSocket passes messages both ways, is counted while open and never queued', async (t) => {
  const { server, port: appPort } = await useHttpServer(t, () => undefined);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    socket.on('message', (bytes: Buffer) =>
      socket.send(`${request.url ?? ''} ${bytes.toString()}`),
    );
  });
  const { port, proxy, finished } = await useProxy(t, { app: appPort });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat//x`);
  await once(socket, 'open');
  assert.deepEqual([proxy.load.queued, proxy.load.active], [0, 1]);
  socket.send('hello');
  const [message] = (await once(socket, 'message')) as [Buffer];
  assert.equal(message.toString(), '/chat//x hello');
  socket.close();
  const [record] = await finished(1);
  assert.deepEqual([record?.status, record?.outcome, record?.upgraded], [101, 'completed', true]);
  assert.equal(proxy.load.averageMs, 0);
});

test('the app`s own words and fields of a handshake arrive unchanged, with bytes right behind', async (t) => {
  const head = 'HTTP/1.1 101 Switching Protocols\r\nsEc-WebSocket-Accept: x\r\nX-Y: \u00e9\r\n';
  const app = await useRawApp(t, ({ fields }) => {
    assert.deepEqual(fields.get('connection'), ['Upgrade']);
    return `${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly`;
  });
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const fields = 'Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Q: \u00e9';
  const arrived = app.nextConnection();
  client.send(`GET / HTTP/1.1\r\n${fields}\r\n\r\n`);
  assert.ok((await client.until('early')).startsWith(head));
  const connection = await arrived;
  client.send('later');
  await connection.until('later');
  assert.match(connection.received, /\r\nX-Q: \u00e9\r\n/);
});

test('an app that does not switch answers as usual, and the connection ends after it', async (t) => {
  const app = await useRawApp(
    t,
    () => 'HTTP/1.1 426 Upgrade Required\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
  );
  const { port, finished } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  const answer = await client.all();
  assert.match(answer, /^HTTP\/1.1 426 Upgrade Required\r\n[^]*\r\n\r\nno$/);
  assert.doesNotMatch(answer, /chunked/i);
  const [record] = await finished(1);
  assert.deepEqual([record?.status, record?.outcome, record?.upgraded], [426, 'completed', false]);
});

test('any other wish for an upgrade is ignored, and the request answered', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const fields = 'Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x';
  await client.send(`GET / HTTP/1.1\r\n${fields}\r\nUpgrade: h2c\r\n\r\n`).until('ok');
  const seen = app.requests()[0]?.fields;
  assert.ok(seen !== undefined && !seen.has('upgrade') && !seen.has('http2-settings'));
});

test('more queued requests than the limit are told once, and once when it is over', async (t) => {
  const held: (() => void)[] = [];
  const { port: appPort } = await useHttpServer(t, (_, response) => {
    held.push(() => response.end());
    if (held.length === 5) for (const release of held) release();
  });
  const told: number[] = [];
  const { url, finished, proxy } = await useProxy(t, {
    app: appPort,
    queueLimit: 5,
    onQueueChange: () => told.push(proxy.load.queued),
  });
  await Promise.all(Array.from({ length: 5 }, async () => (await fetch(url)).text()));
  await finished(5);
  assert.deepEqual(told, [5, 4]);
});

test('an app that answers nothing is told of although no client waits that long', async (t) => {
  const app = await useHttpServer(t, () => undefined);
  const { url, events } = await useProxy(t, { app: app.port, silentAfterMs: 600 });
  const isTold = (): boolean => events.includes('app.silent');
  const patience = [200, 300, 400];
  const clients = patience.map(async (ms) => {
    for (let tries = 0; tries < 20 && !isTold(); tries += 1) {
      await fetch(url, { signal: AbortSignal.timeout(ms) }).catch(() => undefined);
    }
  });
  await Promise.all(clients);
  assert.ok(isTold());
});

test('an app that answers nothing while requests wait is told of once, and again after an answer', async (t) => {
  const held: ServerResponse[] = [];
  const app = await useHttpServer(t, (_, response) => void held.push(response));
  const { url, sees, events } = await useProxy(t, { app: app.port, silentAfterMs: 60 });
  const first = fetch(url);
  await sees('app.silent');
  const second = fetch(url);
  await eventually(() => assert.equal(held.length, 2));
  for (const response of held.splice(0)) response.end('done');
  await Promise.all([first, second]);
  const silences = () => events.filter((name) => name === 'app.silent').length;
  const before = silences();
  const third = fetch(url);
  await eventually(() => assert.equal(silences(), before + 1));
  held.pop()?.end();
  await third;
});
