// What a request and its answer look like on the other side of hurricane, as bytes: first http-proxy's
// known faults, one by one, then the rest of what HTTP/1.1 lets pass through a gateway.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { WebSocket } from 'ws';

import { useApp } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { readBooks, type Books } from '../helpers/books.ts';
import { eventually } from '../helpers/eventually.ts';
import { serveExample } from '../helpers/example.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { serveLent } from '../helpers/lent-app.ts';
import { useClient, useRawApp, type RawApp, type RawSocket } from '../helpers/raw-tcp.ts';
import type { StrictRequest } from '../helpers/strict-http.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { useWebhookSink } from '../helpers/webhook-sink.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;

interface Between {
  readonly hurricane: Hurricane;
  readonly app: RawApp;
  /** A new connection of a client. */
  readonly connect: () => Promise<RawSocket>;
}

/** hurricane between clients and an app that are nothing but bytes. */
async function useBytes(
  t: TestContext,
  artefact: Artefact,
  answer: (request: StrictRequest, connection: RawSocket) => string | undefined,
  args: readonly string[] = [],
): Promise<Between> {
  const app = await useRawApp(t, answer);
  const hurricane = await serveLent(t, app, args, { artefact });
  return { hurricane, app, connect: () => useClient(t, hurricane.port) };
}

/** The connection on which the app got this. */
function reached(app: RawApp, text: string): Promise<RawSocket> {
  return eventually(() => {
    const found = app.connections.find(({ received }) => received.includes(text));
    assert.ok(found !== undefined, `the app never got ${text}`);
    return found;
  });
}

/** Waits until the books of the requests stand like this. */
function booked(hurricane: Hurricane, expected: Partial<Books>): Promise<void> {
  return eventually(async () =>
    assert.partialDeepStrictEqual(await readBooks(hurricane), expected),
  );
}

forEachArtefact(
  'http-proxy leaks the upstream request: a client that leaves ends it, and the counts go down',
  async (t, artefact) => {
    const { hurricane, app, connect } = await useBytes(t, artefact, ({ target }) =>
      target === '/begun' ? 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun' : undefined,
    );
    const leave = async (bytes: string, seen: string, books: Partial<Books>): Promise<void> => {
      const client = await connect();
      client.send(bytes);
      const connection = await reached(app, seen);
      await booked(hurricane, books);
      client.socket.destroy();
      await connection.closed;
    };
    await leave(get('/silent'), '/silent', { queued: 1, inFlight: 0 });
    await leave(get('/begun'), '/begun', { queued: 0, inFlight: 1 });
    const upload = 'POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf';
    await leave(upload, 'half', { queued: 1, inFlight: 0 });
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    await leave(`${get('/chat').slice(0, -2)}${upgrade}`, '/chat', { queued: 1, inFlight: 0 });
    await booked(hurricane, { accepted: 4, aborted: 4, queued: 0, inFlight: 0 });
  },
);

/** Answers that end too soon, or in the middle of which no client can know how to go on. */
const broken: Readonly<Record<string, string>> = {
  '/in-length': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin',
  '/in-chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nbegin',
  '/between-chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n',
  '/bad-chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\nxx\r\n',
};

forEachArtefact(
  'http-proxy hangs when the app cuts an answer: the client`s is cut too, and never looks complete',
  async (t, artefact) => {
    const { hurricane, connect } = await useBytes(t, artefact, ({ target }, { socket }) => {
      socket.end(broken[target] ?? ok);
      return undefined;
    });
    for (const target of Object.keys(broken)) {
      for (const version of ['1.1', '1.0']) {
        const client = await connect();
        client.send(get(target).replace('1.1', version));
        assert.equal(await client.closed, 'reset', `${target} to HTTP/${version}`);
        // A reset may overtake what came before it.
        assert.match(client.received, /^(HTTP\/1.1 200 OK\r\n[^]*)?$/);
        assert.ok(!client.received.endsWith('0\r\n\r\n'), client.received);
      }
    }
    await booked(hurricane, { failed: 8, completed: 0, queued: 0, inFlight: 0 });
  },
);

forEachArtefact(
  'http-proxy crashes on a bad chunk: here it costs one request, from the app`s side and the client`s',
  async (t, artefact) => {
    const { hurricane, app, connect } = await useBytes(t, artefact, ({ target }) => {
      return broken[target] ?? ok;
    });
    const downwards = await connect();
    assert.equal(await downwards.send(get('/bad-chunk')).closed, 'reset');

    const upwards = await connect();
    upwards.send(
      'POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    );
    const connection = await reached(app, 'hello');
    assert.match(await upwards.send('zz\r\n').all(), /^HTTP\/1.1 400 /);
    await connection.closed;

    const after = await connect();
    await after.send(get('/after')).until('ok');
    assert.deepEqual(
      app.requests().map(({ target }) => target),
      ['/bad-chunk', '/after'],
    );
    assert.equal(hurricane.stderr, '');
  },
);

forEachArtefact(
  'http-proxy smuggles the body of a chunked DELETE or OPTIONS: here it arrives inside one request',
  async (t, artefact) => {
    const { app, connect } = await useBytes(t, artefact, () => ok);
    const hidden = get('/hidden');
    const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
    const methods = ['DELETE', 'OPTIONS', 'GET'];
    for (const method of methods) {
      const client = await connect();
      client.send(`${method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
      await client.until('ok');
    }
    assert.deepEqual(
      app.requests().map(({ method, target, body }) => [method, target, body]),
      methods.map((method) => [method, '/', hidden]),
    );
  },
);

forEachArtefact(
  'http-proxy keeps hop-by-hop fields: here they end in both directions, as do those Connection names',
  async (t, artefact) => {
    const hop = ['Keep-Alive: timeout=9', 'Proxy-Connection: x', 'Upgrade: h2c', 'X-Named: 1'];
    const named = 'Connection: keep-alive, X-Named, upgrade';
    const { app, connect } = await useBytes(t, artefact, () =>
      ok.replace('OK\r\n', () => `OK\r\n${[...hop, named, 'X-End: 2'].join('\r\n')}\r\n`),
    );
    const client = await connect();
    const own = [...hop, 'TE: trailers', 'Proxy-Authorization: Basic x', named, 'X-End: 1'];
    client.send(`GET / HTTP/1.1\r\nHost: a\r\n${own.join('\r\n')}\r\n\r\n`);
    const answer = await client.until('ok');
    const gone =
      /^(keep-alive: timeout=9|proxy-|te:|upgrade|x-named|connection:.*(x-named|upgrade))/i;
    const request = app.requests()[0]?.lines ?? [];
    assert.deepEqual(
      [...request, ...answer.split('\r\n')].filter((line) => gone.test(line)),
      [],
    );
    assert.ok(request.includes('X-End: 1'));
    assert.match(answer, /\r\nX-End: 2\r\n/);
  },
);

forEachArtefact(
  'http-proxy rewrites targets and fields: here their bytes arrive as they were sent, both ways',
  async (t, artefact) => {
    const head = [
      'HTTP/1.1 299 Very \u00e9',
      'set-COOKIE: a=""; Max-Age=0',
      'X-b: \u00ff',
      'Set-Cookie: b=c',
      'x-B: 2',
      'Content-Length: 2',
    ];
    const { app, connect } = await useBytes(t, artefact, () => `${head.join('\r\n')}\r\n\r\nok`);
    const fields = ['hOsT: a', 'X-b: 1', 'x-A: \u00e9\u00ff', 'X-b: 2', 'Cookie: a="b"', '123: 4'];
    const targets = ['//a/../%2f%zz?x=//&http:/', '/', '//', '/?', '/a;b?c=%0d%0a', '/\\|^{}"<>`'];
    for (const target of targets) {
      const client = await connect();
      client.send(`GET ${target} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`);
      const answer = await client.until('ok');
      assert.deepEqual(answer.split('\r\n').slice(0, head.length), head);
    }
    const seen = app.requests();
    assert.deepEqual(
      seen.map(({ target }) => target),
      targets,
    );
    for (const { lines } of seen) assert.deepEqual(lines.slice(0, fields.length), fields);
  },
);

forEachArtefact(
  'http-proxy prints a deprecation warning: nothing here does, from the start over all paths to the stop',
  async (t, artefact) => {
    const command = await useApp(t);
    assert.ok(command !== undefined);
    const sink = await useWebhookSink(t);
    const checks = ['--check', 'readiness:ok=true', '--webhook-url', sink.url, '--command', 'true'];
    const hurricane = await startHurricane(t, [...checks, '--', ...command], { artefact });
    await hurricane.up();
    await hurricane.get('//slashes//', { method: 'POST', body: 'x' });
    await hurricane.get('/', { headers: { Connection: 'Upgrade', Upgrade: 'h2c' } });
    const socket = new WebSocket(`ws://127.0.0.1:${hurricane.port}/ws`);
    await once(socket, 'open');
    socket.terminate();
    for (const probe of ['startup', 'ready', 'alive', 'metrics']) await hurricane.probe(probe);
    hurricane.signal('SIGTERM');
    await hurricane.exit;
    assert.equal(hurricane.stderr, '');
    assert.doesNotMatch([...hurricane.output, JSON.stringify(hurricane.logs)].join(), /Warning/);
  },
);

forEachArtefact(
  'a WebSocket carries text, bytes, a large message and a ping both ways, and is counted while open',
  async (t, artefact) => {
    const hurricane = await serveExample(t, [], { artefact });
    const socket = new WebSocket(`ws://127.0.0.1:${hurricane.port}/ws`);
    await once(socket, 'open');
    await booked(hurricane, { queued: 0, inFlight: 1 });
    const messages = [
      Buffer.from('text \u00e9'),
      Buffer.from([0, 255, 13, 10]),
      Buffer.alloc(1e6, 7),
    ];
    for (const message of messages) {
      socket.send(message);
      const [echo] = (await once(socket, 'message')) as [Buffer];
      assert.ok(echo.equals(message));
    }
    socket.ping('are you there');
    const [pong] = (await once(socket, 'pong')) as [Buffer];
    assert.equal(pong.toString(), 'are you there');
    socket.close(4001, 'done');
    const [code] = (await once(socket, 'close')) as [number];
    assert.equal(code, 4001);
    await booked(hurricane, { completed: 1, queued: 0, inFlight: 0 });
    const line = await hurricane.sees(({ component }) => component === 'access');
    assert.partialDeepStrictEqual(line, { status: 101, target: '/ws', upgraded: true });
  },
);

forEachArtefact(
  'each event of a stream reaches the client before the app makes the next',
  async (t, artefact) => {
    const opened = Promise.withResolvers<ServerResponse>();
    const app = await useHttpServer(t, (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
      opened.resolve(response);
    });
    const hurricane = await serveLent(t, app, [], { artefact });
    const client = await useClient(t, hurricane.port);
    await client.send(get('/')).until('event-stream\r\n');
    const response = await opened.promise;
    for (const event of ['one', 'two', 'three']) {
      response.write(`data: ${event}\n\n`);
      await client.until(`data: ${event}\n\n`);
    }
    await booked(hurricane, { queued: 0, inFlight: 1 });
  },
);

forEachArtefact(
  'a chunked upload reaches the app piece by piece while it is being made, and so does its echo',
  async (t, artefact) => {
    const app = await useHttpServer(t, (request, response) => void request.pipe(response));
    const hurricane = await serveLent(t, app, [], { artefact });
    const client = await useClient(t, hurricane.port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (const word of ['first', 'second']) {
      await client.send(`${word.length.toString(16)}\r\n${word}\r\n`).until(word);
    }
    await client.send('0\r\n\r\n').until(/0\r\n\r\n$/);
  },
);

forEachArtefact(
  '100 Continue is the app`s to give: the body is sent after it, and not when the app refuses',
  async (t, artefact) => {
    const app = await useHttpServer(t, () => undefined);
    app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      if (request.url === '/no') return void response.writeHead(401).end('no');
      response.writeContinue();
      request.pipe(response);
    });
    const hurricane = await serveLent(t, app, [], { artefact });
    const put = (target: string): string =>
      `PUT ${target} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`;
    const welcome = await useClient(t, hurricane.port);
    assert.equal(
      await welcome.send(put('/yes')).until('\r\n\r\n'),
      'HTTP/1.1 100 Continue\r\n\r\n',
    );
    assert.match(await welcome.send('body').until('body'), /HTTP\/1.1 200 OK/);
    const refused = await useClient(t, hurricane.port);
    const answer = await refused.send(put('/no')).all();
    assert.match(answer, /^HTTP\/1.1 401 [^]*\r\nConnection: close\r\n[^]*no/);
  },
);

forEachArtefact(
  '103 Early Hints arrive before the answer is made, but never at an HTTP/1.0 client',
  async (t, artefact) => {
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n';
    const { app, connect } = await useBytes(t, artefact, ({ target }) =>
      target === '/wait' ? early : early + ok,
    );
    const client = await connect();
    assert.equal(await client.send(get('/wait')).until(/\r\n\r\n$/), early);
    (await reached(app, '/wait')).send(ok);
    assert.ok((await client.until('ok')).startsWith(`${early}HTTP/1.1 200 OK\r\n`));
    const old = await connect();
    assert.match(await old.send('GET / HTTP/1.0\r\n\r\n').all(), /^HTTP\/1.1 200 OK\r\n/);
  },
);

forEachArtefact('trailers go on in both directions', async (t, artefact) => {
  const { app, connect } = await useBytes(t, artefact, () =>
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n',
      '2\r\nok\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n',
    ].join(''),
  );
  const client = await connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-In\r\n\r\n');
  const answer = await client
    .send('2\r\nhi\r\n0\r\nX-In: 3\r\n\r\n')
    .until(/2\r\nok\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n$/);
  assert.match(answer, /\r\nTrailer: X-Sum\r\n/);
  assert.deepEqual(app.requests()[0]?.trailers, ['X-In: 3']);
});

forEachArtefact(
  'answers without a body and pipelined requests keep their order on one connection',
  async (t, artefact) => {
    const answers: Readonly<Record<string, string>> = {
      '/head': 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n',
      '/204': 'HTTP/1.1 204 No Content\r\n\r\n',
      '/304': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\nETag: "x"\r\n\r\n',
    };
    const { app, connect } = await useBytes(t, artefact, ({ target }) => answers[target] ?? ok);
    const client = await connect();
    client.send(
      `${get('/head').replace('GET', 'HEAD')}${get('/204')}${get('/304')}${get('/last')}`,
    );
    const answer = await client.until(/ok$/);
    const [head = '', none = '', same = '', last = ''] = answer.split(/(?=HTTP\/1\.1)/);
    assert.match(head, /^HTTP\/1.1 200 OK\r\nContent-Length: 50\r\n[^]*\r\n\r\n$/);
    assert.match(none, /^HTTP\/1.1 204 No Content\r\n[^]*\r\n\r\n$/);
    assert.doesNotMatch(none, /content-length|transfer-encoding/i);
    assert.match(same, /^HTTP\/1.1 304 Not Modified\r\nContent-Length: 50\r\nETag: "x"\r\n/);
    assert.match(last, /\r\n\r\nok$/);
    assert.deepEqual(
      app.requests().map(({ target }) => target),
      ['/head', '/204', '/304', '/last'],
    );
  },
);

forEachArtefact(
  'an answer that ends with its connection arrives whole, at HTTP/1.1 and HTTP/1.0 clients',
  async (t, artefact) => {
    const { connect } = await useBytes(t, artefact, (_, { socket }) => {
      socket.end('HTTP/1.1 200 OK\r\n\r\nto the end');
      return undefined;
    });
    const client = await connect();
    const answer = await client.send(get('/')).until(/0\r\n\r\n$/);
    assert.match(answer, /\r\nTransfer-Encoding: chunked\r\n\r\na\r\nto the end\r\n0/);
    const old = await connect();
    const oldAnswer = await old.send('GET / HTTP/1.0\r\n\r\n').all();
    assert.match(oldAnswer, /\r\n\r\nto the end$/);
    assert.doesNotMatch(oldAnswer, /transfer-encoding/i);
  },
);

forEachArtefact(
  'an absolute target becomes a path and its Host, OPTIONS * stays, CONNECT is refused',
  async (t, artefact) => {
    const { app, connect } = await useBytes(t, artefact, () => ok);
    const client = await connect();
    client.send('GET http://real.example/a//b?c HTTP/1.1\r\nHost: other\r\n\r\n');
    client.send('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until(/ok[^]*ok/);
    assert.deepEqual(
      app.requests().map(({ target, fields }) => [target, fields.get('host')]),
      [
        ['/a//b?c', ['real.example']],
        ['*', ['a']],
      ],
    );
    const tunnel = await connect();
    const answer = await tunnel.send('CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n').all();
    assert.match(answer, /^HTTP\/1.1 405 [^]*\r\nHurricane-Error: connect-refused\r\n/);
    assert.equal(app.requests().length, 2);
  },
);

forEachArtefact(
  'an app behind a unix socket is served, told its place, and reached by WebSocket too',
  async (t, artefact) => {
    const path = join(useTempDir(t), 'app.sock');
    const hurricane = await serveExample(t, ['--app-socket', path], { artefact });
    assert.equal((await hurricane.get('/env?name=HURRICANE_APP_SOCKET')).text, `${path}\n`);
    assert.equal((await hurricane.get('/env?name=PORT')).status, 404);
    const echo = await hurricane.get('/echo', { method: 'PUT', body: 'by socket' });
    assert.match(echo.text, /^PUT \/echo\n[^]*\n\nby socket$/);
    const socket = new WebSocket(`ws://127.0.0.1:${hurricane.port}/ws`);
    await once(socket, 'open');
    socket.send('hello');
    const [message] = (await once(socket, 'message')) as [Buffer];
    assert.equal(message.toString(), 'hello');
    socket.terminate();
  },
);

/** `--trust-proxy` → whether a peer on loopback is believed; without it the default holds. */
const trust: readonly (readonly [value: string, believed: boolean])[] = [
  ['', true],
  ['private', true],
  ['all', true],
  ['127.0.0.0/8', true],
  ['none', false],
  ['10.0.0.0/8', false],
];

forEachArtefact(
  'X-Forwarded fields of a trusted peer are continued, those of any other are replaced',
  async (t, artefact) => {
    const claims = [
      'X-Forwarded-For: 203.0.113.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: pub.example',
      'X-Forwarded-Port: 443',
      'Forwarded: for=203.0.113.7',
    ];
    await Promise.all(
      trust.map(async ([value, believed]) => {
        const args = value === '' ? [] : ['--trust-proxy', value];
        const { hurricane, app, connect } = await useBytes(t, artefact, () => ok, args);
        const client = await connect();
        client.send(`GET / HTTP/1.1\r\nHost: own.example\r\n${claims.join('\r\n')}\r\n\r\n`);
        await client.until('ok');
        const { lines = [], fields } = app.requests()[0] ?? {};
        const seen = lines.filter((line) => /^(x-)?forwarded/i.test(line)).sort();
        const continued = [...claims.slice(1), 'X-Forwarded-For: 203.0.113.7, 127.0.0.1'];
        const replaced = [
          'X-Forwarded-For: 127.0.0.1',
          'X-Forwarded-Proto: http',
          'X-Forwarded-Host: own.example',
          `X-Forwarded-Port: ${hurricane.port}`,
        ];
        assert.deepEqual(seen, (believed ? continued : replaced).sort(), value);
        const { client: logged, request_id: id, traceparent } = await hurricane.sees(/^request$/);
        assert.equal(logged, believed ? '203.0.113.7' : '127.0.0.1', value);
        assert.deepEqual(fields?.get('x-request-id'), [id]);
        assert.deepEqual(fields.get('traceparent'), [traceparent]);
      }),
    );
  },
);

forEachArtefact(
  'a GET on an idle connection that the app just closed is sent again, a POST never is',
  async (t, artefact) => {
    let dying = true;
    const { app, connect } = await useBytes(t, artefact, ({ target }, { socket }) => {
      if (target === '/' || (target === '/get' && !dying)) return ok;
      dying = false;
      socket.destroy();
      return undefined;
    });
    const warm = await connect();
    await warm.send(get('/')).until('ok');
    await warm.send(get('/get')).until(/ok[^]*ok/);
    const post = await connect();
    await post.send(get('/')).until('ok');
    post.send('POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    assert.match(await post.until(/ok[^]*\r\n\r\n/), /HTTP\/1.1 502 /);
    const seen = app.requests().map(({ method }) => method);
    assert.deepEqual(seen.filter((method) => method === 'POST').length, 1);
    assert.deepEqual(seen.length, 5);
  },
);
