import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { useHttpServer } from '../helpers/http-server.ts';
import { useProxy } from '../helpers/proxy.ts';
import { useClient, useRawApp } from '../helpers/raw-tcp.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('while the app starts the answer is 503 with Retry-After, and the connection stays', async (t) => {
  const { port, url, finished } = await useProxy(t, { app: undefined });
  const client = await useClient(t, port);
  const answer = await client.send(get).until('try again');
  assert.match(answer, /^HTTP\/1.1 503 Service Unavailable\r\nContent-Type: text\/plain/);
  assert.match(answer, /\r\nHurricane-Error: starting\r\n/);
  assert.match(answer, /\r\nRetry-After: 1\r\n/);
  assert.match(answer, /\r\nCache-Control: no-store/);
  assert.doesNotMatch(answer, /Connection: close/);
  const json = await fetch(url, { headers: { accept: 'application/json' } });
  const body = (await json.json()) as Record<string, unknown>;
  const [, record] = await finished(2);
  assert.deepEqual(
    [body['status'], body['error'], body['request_id']],
    [503, 'starting', record?.requestId],
  );
  assert.deepEqual([record?.outcome, record?.appMs], ['shed', 0]);
});

test('a refused connection is tried again, and is 502 when it stays refused', async (t) => {
  const port = await closedPort();
  const { url, finished } = await useProxy(t, { app: port });
  const answer = await fetch(url);
  assert.equal(answer.status, 502);
  assert.equal(answer.headers.get('hurricane-error'), 'app-refused');
  const size = (await answer.text()).length;
  const [record] = await finished(1);
  assert.deepEqual(
    [record?.outcome, record?.fault, record?.responseBytes],
    ['failed', 'app-refused', size],
  );
});

test('an upload whose connection is refused is tried again with its whole body', async (t) => {
  const appPort = await closedPort();
  const { port } = await useProxy(t, { app: appPort });
  const client = await useClient(t, port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody');
  const { server } = await useHttpServer(t, (request, response) => request.pipe(response));
  server.close();
  server.listen(appPort, '127.0.0.1');
  await client.until('\r\n\r\n');
  // Either the app was up in time, then it got everything, or it was not, then it got nothing.
  if (client.received.startsWith('HTTP/1.1 200')) await client.until('body');
  else assert.match(client.received, /Hurricane-Error: app-refused/);
});

const broken: [string, string, string][] = [
  ['closes without a byte', '', 'app-reset'],
  ['answers something that is not HTTP', 'hello\r\n\r\n', 'app-malformed'],
  ['closes within its head', 'HTTP/1.1 200 OK\r\nContent-Le', 'app-reset'],
  ['sends two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok', ''],
  [
    'sends length and coding',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok',
    '',
  ],
  [
    'sends a control character in a field',
    'HTTP/1.1 200 OK\r\nX: a\u0001b\r\nContent-Length: 0\r\n\r\n',
    '',
  ],
  [
    'switches protocols unasked',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    '',
  ],
];

for (const [what, bytes, fault] of broken) {
  test(`an app that ${what} is answered with 502`, async (t) => {
    const app = await useRawApp(t, (_, { socket }) => {
      socket.end(bytes, 'latin1');
      return undefined;
    });
    const { port, finished, proxy } = await useProxy(t, { app: app.port });
    const client = await useClient(t, port);
    const answer = await client.send(get).until(/\r\n\r\n/);
    assert.match(answer, /^HTTP\/1.1 502 Bad Gateway\r\n/);
    const [record] = await finished(1);
    assert.equal(record?.outcome, 'failed');
    assert.equal(record.fault, fault || 'app-malformed');
    assert.equal(proxy.load.active, 0);
  });
}

const cut: [string, string][] = [
  ['within a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin'],
  ['within a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nbegin'],
  ['between chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n'],
  ['with a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\nxx\r\n'],
];

for (const version of ['1.1', '1.0']) {
  for (const [where, bytes] of cut) {
    test(`an answer cut ${where} never looks complete to HTTP/${version}`, async (t) => {
      const app = await useRawApp(t, (_, { socket }) => {
        socket.end(bytes);
        return undefined;
      });
      const { port, finished } = await useProxy(t, { app: app.port });
      const client = await useClient(t, port);
      client.send(get.replace('1.1', version));
      assert.equal(await client.closed, 'reset');
      assert.ok(!client.received.endsWith('0\r\n\r\n'), client.received);
      const [record] = await finished(1);
      assert.deepEqual([record?.outcome, record?.fault], ['failed', 'app-truncated']);
    });
  }
}

test('a client that leaves ends the request to the app, and the counts go down', async (t) => {
  const app = await useRawApp(t, () => undefined);
  const { port, proxy, finished } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const arrived = app.nextConnection();
  client.send(get);
  const connection = await arrived;
  await connection.until('\r\n\r\n');
  assert.deepEqual([proxy.load.queued, proxy.load.active], [1, 1]);
  client.socket.destroy();
  await connection.closed;
  const [record] = await finished(1);
  assert.deepEqual([record?.outcome, record?.status], ['aborted', 0]);
  assert.deepEqual([proxy.load.queued, proxy.load.active], [0, 0]);
});

test('a client that leaves within the answer, or within its upload, ends the request to the app', async (t) => {
  const app = await useRawApp(t, () => 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin');
  const { port, finished } = await useProxy(t, { app: app.port });
  const inAnswer = await useClient(t, port);
  const first = app.nextConnection();
  await inAnswer.send(get).until('begin');
  inAnswer.socket.destroy();
  await (
    await first
  ).closed;
  const inUpload = await useClient(t, port);
  const second = app.nextConnection();
  inUpload.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegin');
  const connection = await second;
  await connection.until('begin');
  inUpload.socket.destroy();
  await connection.closed;
  assert.deepEqual(
    (await finished(2)).map(({ outcome }) => outcome),
    ['aborted', 'aborted'],
  );
});

test('a GET on an idle connection that the app just closed is sent again', async (t) => {
  let answers = 0;
  const app = await useRawApp(t, (_, { socket }) => {
    answers += 1;
    if (answers !== 2) return ok;
    socket.destroy();
    return undefined;
  });
  const { port, finished } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  await client.send(get).until('ok');
  await client.send(get).until(/ok[^]*ok/);
  assert.equal(app.requests().length, 3);
  assert.deepEqual(
    (await finished(2)).map(({ outcome }) => outcome),
    ['completed', 'completed'],
  );
});

test('a GET whose answer had begun, a POST, and a GET on a new connection are not sent again', async (t) => {
  const dying: Record<string, string> = { '/begun': 'HTTP/1.1 2', '/post': '', '/new': '' };
  const app = await useRawApp(t, ({ target }, { socket }) => {
    const last = dying[target];
    if (last === undefined) return ok;
    socket.end(last);
    return undefined;
  });
  const { port } = await useProxy(t, { app: app.port });
  for (const [method, path] of [
    ['GET', '/begun'],
    ['POST', '/post'],
  ] as const) {
    const client = await useClient(t, port);
    await client.send(get).until('ok');
    client.send(`${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    assert.match(await client.all(), /HTTP\/1.1 502/);
  }
  const fresh = await useClient(t, port);
  assert.match(await fresh.send('GET /new HTTP/1.1\r\nHost: a\r\n\r\n').until(/\r\n\r\n/), / 502 /);
  const targets = app.requests().map(({ target }) => target);
  for (const path of Object.keys(dying)) {
    assert.equal(targets.filter((target) => target === path).length, 1, path);
  }
});

test('the app`s own errors go on untouched', async (t) => {
  const answer = 'HTTP/1.1 502 Mine\r\nContent-Length: 4\r\n\r\nmine';
  const app = await useRawApp(t, () => answer);
  const { port, finished } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  await client.send(get).until('mine');
  assert.ok(client.received.startsWith('HTTP/1.1 502 Mine\r\nContent-Length: 4\r\n'));
  assert.doesNotMatch(client.received, /hurricane-error/i);
  const [record] = await finished(1);
  assert.deepEqual([record?.outcome, record?.fault], ['completed', undefined]);
});

test('a body that says it is too large is refused before the app hears of it', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port } = await useProxy(t, { app: app.port, config: { maxBodyBytes: 10 } });
  const client = await useClient(t, port);
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n${'x'.repeat(11)}`);
  const answer = await client.all();
  assert.match(answer, /^HTTP\/1.1 413 [^]*Hurricane-Error: body-too-large/);
  assert.match(answer, /is larger than the 10 bytes that --max-body-size allows\.\n$/);
  assert.equal(app.connections.length, 0);
});

test('a client still sending a body that is too large gets the answer, not a reset', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port } = await useProxy(t, { app: app.port, config: { maxBodyBytes: 10 } });
  const client = await useClient(t, port, { allowHalfOpen: true });
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
  await client.until('HTTP/1.1 413');
  await once(client.socket, 'end');
  client.socket.end('x'.repeat(500_000));
  assert.equal(await client.closed, 'end');
});

test('a chunked body is cut when it exceeds the limit, and never completes at the app', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port, finished } = await useProxy(t, { app: app.port, config: { maxBodyBytes: 10 } });
  const client = await useClient(t, port);
  const arrived = app.nextConnection();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
  const connection = await arrived;
  await connection.until('hello');
  client.send('6\r\nworld!\r\n0\r\n\r\n');
  assert.match(await client.all(), /^HTTP\/1.1 413 [^]*10 bytes that --max-body-size allows/);
  await connection.closed;
  assert.equal(app.requests().length, 0);
  assert.deepEqual((await finished(1))[0]?.fault, 'body-too-large');
});

test('an app that answers without reading the upload is heard, and the connection ends', async (t) => {
  const app = await useRawApp(t, () => undefined);
  const { port, finished } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const arrived = app.nextConnection();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegin');
  const connection = await arrived;
  await connection.until('begin');
  connection.send('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno');
  await once(client.socket, 'end');
  assert.match(client.received, /^HTTP\/1.1 403 No\r\n[^]*Connection: close\r\n[^]*no$/);
  client.socket.end();
  await connection.closed;
  assert.deepEqual((await finished(1))[0]?.outcome, 'completed');
});

test('an app that does not answer in time is 504, and its request ends', async (t) => {
  const app = await useRawApp(t, () => undefined);
  for (const config of [{ responseTimeoutMs: 30 }, { requestTimeoutMs: 30 }]) {
    const { port, finished } = await useProxy(t, { app: app.port, config });
    const arrived = app.nextConnection();
    const client = await useClient(t, port);
    assert.match(await client.send(get).until('\r\n\r\n'), /^HTTP\/1.1 504 Gateway Timeout/);
    await (
      await arrived
    ).closed;
    assert.deepEqual((await finished(1))[0]?.fault, 'app-timeout');
  }
});

test('an answer that takes longer than the whole request may is cut', async (t) => {
  const app = await useRawApp(t, () => 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin');
  const { port } = await useProxy(t, { app: app.port, config: { requestTimeoutMs: 50 } });
  const client = await useClient(t, port);
  await client.send(get).until('begin');
  assert.equal(await client.closed, 'reset');
});

test('a target or a head that is too long, and what is not HTTP, are named and counted', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port, finished, proxy } = await useProxy(t, {
    app: app.port,
    config: { maxHeaderBytes: 8192 },
  });
  const cases: [string, string, string][] = [
    [`GET /${'x'.repeat(5000)} HTTP/1.1\r\nHost: a\r\n\r\n`, '414', 'target-too-long'],
    [`GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, '414', 'target-too-long'],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(9000)}\r\n\r\n`, '431', 'header-too-large'],
    ['hello\r\n\r\n', '400', 'bad-request'],
    ['GET / HTTP/1.1\r\n\r\n', '400', 'bad-request'],
    ['GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n', '417', 'expectation-failed'],
  ];
  for (const [i, [bytes, status, fault]] of cases.entries()) {
    const client = await useClient(t, port);
    const answer = await client.send(bytes).until('\r\n\r\n');
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} [^]*Hurricane-Error: ${fault}\r\n`));
    const record = (await finished(i + 1))[i];
    assert.deepEqual([record?.status, record?.outcome], [Number(status), 'shed']);
  }
  assert.equal(app.connections.length, 0);
  assert.equal(proxy.report().shed, cases.length);
});

test('garbage behind a good request does not cost its answer', async (t) => {
  const app = await useRawApp(t, () => undefined);
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const arrived = app.nextConnection();
  client.send(`${get}garbage\r\n\r\n`);
  const connection = await arrived;
  await connection.until('\r\n\r\n');
  connection.send(ok);
  assert.match(await client.all(), /^HTTP\/1.1 200 OK[^]*ok(HTTP\/1.1 400 [^]*)$/);
});

test('a bad chunk in an upload ends the request at the app without completing it', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port, finished } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const arrived = app.nextConnection();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
  const connection = await arrived;
  await connection.until('hello');
  client.send('zz\r\n');
  assert.match(await client.all(), /^HTTP\/1.1 400 /);
  await connection.closed;
  assert.equal(app.requests().length, 0);
  assert.equal((await finished(1)).length, 1);
});

test('a request head that is too slow is 408; a connection that never spoke just ends', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port, finished } = await useProxy(t, { app: app.port, config: { headerTimeoutMs: 100 } });
  const slow = await useClient(t, port);
  const silent = await useClient(t, port);
  slow.send('GET / HT');
  assert.match(await slow.all(), /^HTTP\/1.1 408 [^]*Hurricane-Error: request-timeout/);
  assert.equal(await silent.all(), '');
  assert.equal((await finished(1)).length, 1);
});

test('an upgrade that the app does not take is answered with 502, and one while starting with 503', async (t) => {
  const upgrade = `${get.slice(0, -2)}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  const refusing = await useProxy(t, { app: await closedPort() });
  const starting = await useProxy(t, { app: undefined });
  for (const [{ port, finished }, status] of [
    [refusing, '502'],
    [starting, '503'],
  ] as const) {
    const client = await useClient(t, port);
    assert.match(await client.send(upgrade).all(), new RegExp(`^HTTP/1.1 ${status} `));
    assert.equal((await finished(1))[0]?.status, Number(status));
  }
});

test('a client that leaves during a handshake ends it at the app', async (t) => {
  const app = await useRawApp(t, () => undefined);
  const { port, finished, proxy } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  const arrived = app.nextConnection();
  client.send(`${get.slice(0, -2)}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  const connection = await arrived;
  await connection.until('\r\n\r\n');
  client.socket.destroy();
  await connection.closed;
  assert.equal((await finished(1))[0]?.outcome, 'aborted');
  assert.equal(proxy.load.active, 0);
});

/** A port where nobody listens: it was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}
