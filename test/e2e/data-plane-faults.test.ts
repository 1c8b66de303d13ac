// What a client gets when something is wrong between it and the app: the status, who says so
// (`Hurricane-Error`), as text or JSON, and never a second word about an error of the app itself.

import assert from 'node:assert/strict';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { readBooks } from '../helpers/books.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { serveLent } from '../helpers/lent-app.ts';
import { usePort } from '../helpers/port.ts';
import { useClient, useRawApp } from '../helpers/raw-tcp.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Asks once for text and once for JSON, and demands that both say the same. */
async function assertFault(
  hurricane: Hurricane,
  path: string,
  status: number,
  fault: string,
): Promise<void> {
  const plain = await hurricane.get(path);
  assert.deepEqual([plain.status, plain.headers['hurricane-error']], [status, fault], path);
  assert.match(plain.headers['content-type'] ?? '', /^text\/plain/);
  assert.match(plain.headers['cache-control'] ?? '', /no-store/);
  assert.match(plain.text, /^[A-Z].*\.( .*\.)?\n$/);
  assert.equal(plain.headers['retry-after'] !== undefined, status === 503);

  const json = await hurricane.get(path, { headers: { Accept: 'application/json' } });
  assert.equal(json.headers['content-type'], 'application/json');
  const said = JSON.parse(json.text) as Record<string, unknown>;
  const { request_id: id } = said;
  const message = plain.text.trim();
  assert.deepEqual(said, { status, error: fault, message, request_id: id });
  const line = await hurricane.sees(({ request_id: logged }) => logged === id);
  assert.partialDeepStrictEqual(line, { status, fault, target: path });
}

forEachArtefact(
  'an app that is not there, resets, or does not speak HTTP is answered with 502 and the reason',
  async (t, artefact) => {
    const app = await useRawApp(t, ({ target }, { socket }) => {
      if (target === '/reset') socket.resetAndDestroy();
      else if (target === '/closed') socket.end();
      else if (target === '/garbage') socket.end('hello\r\n\r\n');
      else if (target === '/lengths')
        socket.end(ok.replace('Con', () => 'Content-Length: 3\r\nCon'));
      else return 'HTTP/1.1 502 Mine\r\nContent-Length: 4\r\n\r\nmine';
      return undefined;
    });
    const hurricane = await serveLent(t, app, [], { artefact });
    await assertFault(hurricane, '/reset', 502, 'app-reset');
    await assertFault(hurricane, '/closed', 502, 'app-reset');
    await assertFault(hurricane, '/garbage', 502, 'app-malformed');
    await assertFault(hurricane, '/lengths', 502, 'app-malformed');
    const own = await hurricane.get('/own');
    assert.deepEqual([own.status, own.text], [502, 'mine']);
    assert.equal(own.headers['hurricane-error'], undefined);
    app.stop();
    await assertFault(hurricane, '/', 502, 'app-refused');
    const { failed, completed } = await readBooks(hurricane);
    assert.deepEqual([failed, completed], [10, 1]);
  },
);

forEachArtefact(
  'while the app starts every request is answered at once with 503, Retry-After and the reason',
  async (t, artefact) => {
    const args = ['--app-port', `${await usePort()}`, '--', 'sleep', '600'];
    const hurricane = await startHurricane(t, args, { artefact });
    await hurricane.sees('app.started');
    await assertFault(hurricane, '/', 503, 'starting');
    const client = await useClient(t, hurricane.port);
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const answer = await client.send(`${get('/').slice(0, -2)}${upgrade}`).all();
    assert.match(answer, /^HTTP\/1.1 503 [^]*\r\nHurricane-Error: starting\r\n/);
    assert.match(answer, /\r\nRetry-After: \d+\r\n/);
    assert.equal((await readBooks(hurricane)).shed, 3);
  },
);

forEachArtefact(
  'an app that is too slow is 504, by --response-timeout and --request-timeout, and its request ends',
  async (t, artefact) => {
    const app = await useRawApp(t, ({ target }) =>
      target === '/begun' ? 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun' : undefined,
    );
    const byResponse = await serveLent(t, app, ['--response-timeout', '200ms'], { artefact });
    const byRequest = await serveLent(t, app, ['--request-timeout', '1s'], { artefact });
    await assertFault(byResponse, '/response', 504, 'app-timeout');
    await assertFault(byRequest, '/request', 504, 'app-timeout');
    const client = await useClient(t, byRequest.port);
    await client.send(get('/begun')).until('begun');
    assert.equal(await client.closed, 'reset');
    await eventually(() => assert.ok(app.connections.every(({ socket }) => socket.destroyed)));
  },
);

forEachArtefact(
  'a request head that is too slow is 408, a connection that never spoke just ends',
  async (t, artefact) => {
    const app = await useRawApp(t, () => ok);
    const args = ['--header-timeout', '300ms', '--idle-timeout', '300ms'];
    const hurricane = await serveLent(t, app, args, { artefact });
    const [slow, silent, kept] = await Promise.all([
      useClient(t, hurricane.port),
      useClient(t, hurricane.port),
      useClient(t, hurricane.port),
    ]);
    slow.send('GET / HT');
    kept.send(get('/'));
    assert.match(await slow.all(), /^HTTP\/1.1 408 [^]*\r\nHurricane-Error: request-timeout\r\n/);
    assert.equal(await silent.all(), '');
    assert.match(await kept.all(), /^HTTP\/1.1 200 OK[^]*ok$/);
    const { completed, shed } = await readBooks(hurricane);
    assert.deepEqual([completed, shed], [1, 1]);
  },
);

/** What is refused before the app hears of it, with limits of 8 KiB for a head and 1 KiB for a body. */
const refused: readonly (readonly [bytes: string, status: number, fault: string])[] = [
  [`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n`, 413, 'body-too-large'],
  [get(`/${'x'.repeat(5000)}`), 414, 'target-too-long'],
  [get(`/${'x'.repeat(9000)}`), 414, 'target-too-long'],
  [get('/').replace('\r\n\r\n', `\r\nX: ${'x'.repeat(9000)}\r\n\r\n`), 431, 'header-too-large'],
  ['hello\r\n\r\n', 400, 'bad-request'],
  ['GET / HTTP/1.1\r\n\r\n', 400, 'bad-request'],
  [get('/').replace('\r\n\r\n', '\r\nExpect: magic\r\n\r\n'), 417, 'expectation-failed'],
  ['CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n', 405, 'connect-refused'],
];

forEachArtefact(
  'a body, target or head that is too large, and what is not HTTP, are refused by name and counted',
  async (t, artefact) => {
    const app = await useRawApp(t, () => ok);
    const args = ['--max-header-size', '8Ki', '--max-body-size', '1Ki'];
    const hurricane = await serveLent(t, app, args, { artefact });
    for (const [bytes, status, fault] of refused) {
      const client = await useClient(t, hurricane.port);
      const answer = await client.send(bytes).until('\r\n\r\n');
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} [^]*\r\nHurricane-Error: ${fault}\r\n`));
      client.socket.destroy();
    }
    // A chunked body shows its size only as it comes, and then never becomes whole at the app.
    const client = await useClient(t, hurricane.port);
    client.send('POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    client.send(`300\r\n${'x'.repeat(0x300)}\r\n300\r\n${'x'.repeat(0x300)}\r\n0\r\n\r\n`);
    const answer = await client.until(/\.\n$/);
    assert.match(answer, /^HTTP\/1.1 413 [^]*Hurricane-Error: body-too-large/);
    assert.deepEqual(app.requests(), []);
    await eventually(async () => {
      const { shed, accepted, inFlight, queued } = await readBooks(hurricane);
      const all = refused.length + 1;
      assert.deepEqual([shed, accepted, inFlight, queued], [all, all, 0, 0]);
    });
  },
);
