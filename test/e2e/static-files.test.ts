// Static and media files, answered without the app.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { once } from 'node:events';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { readBooks } from '../helpers/books.ts';
import { eventually } from '../helpers/eventually.ts';
import { serveExample, startExample } from '../helpers/example.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const CSS = 'body { color: navy }\n'.repeat(20);
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000ff', 'hex');
const SECRET = 'not for you';

/** A working directory with files to be served, and some that are not. */
function useSite(t: TestContext): string {
  const cwd = useTempDir(t);
  for (const folder of ['public/css', 'public/.git', 'public/css.dir', 'uploads']) {
    mkdirSync(join(cwd, folder), { recursive: true });
  }
  const write = (name: string, content: string | Buffer): void =>
    writeFileSync(join(cwd, name), content);
  write('public/css/site.css', CSS);
  write('public/css/site.css.br', brotliCompressSync(CSS));
  write('public/css/site.css.gz', gzipSync(CSS));
  write('public/a b#.txt', 'odd name');
  for (const name of ['secret', 'public/.env', 'public/.git/config', 'public-secret']) {
    write(name, SECRET);
  }
  symlinkSync(join(cwd, 'secret'), join(cwd, 'public/link'));
  symlinkSync(cwd, join(cwd, 'public/up'));
  symlinkSync('css/site.css', join(cwd, 'public/inside.css'));
  write('uploads/picture.png', PNG);
  return cwd;
}

const both = ['--static', '/static/=public', '--media', '/media=uploads'];

forEachArtefact(
  'A10 static and media files are announced and served, and the rest is the app’s',
  async (t, artefact) => {
    const cwd = useSite(t);
    const hurricane = await serveExample(t, both, { artefact, cwd });
    await hurricane.sees(/^Serving static files under \/static\/ from .*\/public$/);
    await hurricane.sees(/^Serving media files under \/media\/ from .*\/uploads$/);
    const css = await hurricane.get('/static/css/site.css');
    assert.deepEqual([css.status, css.text], [200, CSS]);
    assert.equal(css.headers['content-type'], 'text/css; charset=utf-8');
    assert.equal((await hurricane.get('/media/picture.png')).status, 200);
    assert.equal((await hurricane.get('/')).text, 'Hello from Node\n');
    assert.equal((await hurricane.get('/static')).text, 'not found\n');
  },
);

forEachArtefact(
  'A40 an uploaded file comes byte by byte, with its type and without guessing it',
  async (t, artefact) => {
    const hurricane = await serveExample(t, both, { artefact, cwd: useSite(t) });
    const { status, headers, body } = await hurricane.get('/media/picture.png');
    assert.equal(status, 200);
    assert.deepEqual(body, PNG);
    assert.equal(headers['content-type'], 'image/png');
    assert.equal(headers['x-content-type-options'], 'nosniff');
  },
);

const place = { MEDIA_URL: '/pictures/', MEDIA_ROOT: 'uploads' };

async function assertMedia(hurricane: Hurricane, status: number): Promise<void> {
  assert.equal((await hurricane.get('/pictures/picture.png')).status, status);
}

forEachArtefact('D04 media come from the environment', async (t, artefact) => {
  const options = { artefact, cwd: useSite(t) };
  const [on, off] = await Promise.all(
    ['true', 'false'].map((HURRICANE_MEDIA) =>
      serveExample(t, [], { ...options, env: { ...place, HURRICANE_MEDIA } }),
    ),
  );
  await assertMedia(on ?? assert.fail(), 200);
  await assertMedia(off ?? assert.fail(), 404);
});

forEachArtefact(
  'D05 media come from hurricane.yaml, whatever the environment says',
  async (t, artefact) => {
    const cwd = useSite(t);
    writeFileSync(join(cwd, 'hurricane.yaml'), 'media: [true]\n');
    const env = { ...place, HURRICANE_MEDIA: 'false' };
    await assertMedia(await serveExample(t, [], { artefact, cwd, env }), 200);
  },
);

forEachArtefact(
  'D06 media come from the command line, whatever the others say',
  async (t, artefact) => {
    const cwd = useSite(t);
    writeFileSync(join(cwd, 'hurricane.yaml'), 'media: [/elsewhere=public]\n');
    const env = { ...place, HURRICANE_MEDIA: 'false' };
    const hurricane = await serveExample(t, ['--media'], { artefact, cwd, env });
    await assertMedia(hurricane, 200);
    assert.equal((await hurricane.get('/elsewhere/css/site.css')).text, 'not found\n');
  },
);

forEachArtefact(
  'files are asked for in parts, on conditions, compressed, and only read',
  async (t, artefact) => {
    const hurricane = await serveExample(t, both, { artefact, cwd: useSite(t) });
    const ask = (headers: Record<string, string>, method = 'GET') =>
      hurricane.get('/static/css/site.css', { method, headers });

    const whole = await ask({});
    const { etag = '', 'last-modified': modified = '' } = whole.headers;
    assert.equal(whole.headers['accept-ranges'], 'bytes');
    assert.equal(whole.headers.vary, 'Accept-Encoding');
    for (const condition of [{ 'If-None-Match': etag }, { 'If-Modified-Since': modified }]) {
      const { status, text } = await ask(condition);
      assert.deepEqual([status, text], [304, ''], JSON.stringify(condition));
    }
    assert.equal((await ask({ 'If-Match': '"another"' })).status, 412);

    const part = await ask({ Range: 'bytes=5-9', 'If-Range': etag });
    assert.deepEqual([part.status, part.text], [206, CSS.slice(5, 10)]);
    assert.equal(part.headers['content-range'], `bytes 5-9/${CSS.length}`);
    assert.equal((await ask({ Range: 'bytes=-4' })).text, CSS.slice(-4));
    assert.equal((await ask({ Range: 'bytes=5-9', 'If-Range': '"another"' })).status, 200);
    const beyond = await ask({ Range: 'bytes=9999-' });
    assert.equal(beyond.status, 416);
    assert.equal(beyond.headers['content-range'], `bytes */${CSS.length}`);

    const br = await ask({ 'Accept-Encoding': 'gzip, deflate, br' });
    assert.equal(br.headers['content-encoding'], 'br');
    assert.equal(br.headers['content-type'], 'text/css; charset=utf-8');
    assert.deepEqual(br.body, brotliCompressSync(CSS));
    const gz = await ask({ 'Accept-Encoding': 'gzip, br;q=0' });
    assert.deepEqual([gz.headers['content-encoding'], gz.body], ['gzip', gzipSync(CSS)]);
    assert.equal(new Set([whole, br, gz].map(({ headers }) => headers.etag)).size, 3);

    const head = await ask({}, 'HEAD');
    assert.deepEqual([head.status, head.text], [200, '']);
    assert.equal(head.headers['content-length'], `${CSS.length}`);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { status, headers } = await ask({}, method);
      assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'], method);
    }
  },
);

const nowhere = [
  ...['/static/.env', '/static/%2eenv', '/static/%2Egit/config', '/static/.git/config'],
  ...['/static/../secret', '/static/%2e%2e/secret', '/static/%2E./secret', '/static/..%2fsecret'],
  ...['/static/css/../../secret', '/static/css/..%2F..%2Fsecret', '/static/%2e%2e%2fsecret'],
  ...['/static//../secret', '/static/%252e%252e/secret', '/static/..%5csecret'],
  ...['/static/../public-secret', '/static/..public-secret', '/static/link', '/static/up/secret'],
  ...['/static/', '/static/css', '/static/css/', '/static/css/site.css/', '/static/css.dir'],
  ...['/static/nothing', `/static/${'x'.repeat(300)}`, '/static/css/site.css/x'],
];

forEachArtefact(
  'no name, however it is written, leads out of the folder or to what is hidden',
  async (t, artefact) => {
    const hurricane = await serveExample(t, both, { artefact, cwd: useSite(t) });
    for (const target of nowhere) {
      const { status, text } = await hurricane.get('/', { target });
      assert.deepEqual([status, text], [404, 'There is no such file.\n'], target);
    }
    for (const target of ['/static/%ff', '/static/%', '/static/a%00.css', '/static/%c0%ae/x']) {
      assert.equal((await hurricane.get('/', { target })).status, 400, target);
    }
    const fine = ['/static/a%20b%23.txt', '/static/inside.css', '/static//css/site.css?v=../1'];
    const absolute = `http://localhost:${hurricane.port}/static/css/site.css`;
    for (const target of [...fine, absolute]) {
      assert.equal((await hurricane.get('/', { target })).status, 200, target);
    }
  },
);

forEachArtefact(
  'files need no app, have a place in the books and none in its queue, and end before it does',
  async (t, artefact) => {
    const cwd = useSite(t);
    writeFileSync(join(cwd, 'public/large.bin'), Buffer.alloc(32 * 1024 * 1024, 'x'));
    const env = { START_DELAY_MS: '1000' };
    const args = [...both, '--static', '/later=later', '--req-queue-len', '1'];
    const life = ['--restart', 'always', '--grace-period', '6s'];
    const hurricane = await startExample(t, [...args, ...life], { artefact, cwd, env });
    const missing = await hurricane.sees(/later is not a folder: .* answered 404 until it is/);
    assert.equal(missing.level, 'error');
    const isServed = async (): Promise<void> =>
      assert.equal((await hurricane.get('/static/css/site.css')).text, CSS);
    await hurricane.sees('app.started');
    await isServed();
    assert.equal((await hurricane.get('/')).status, 503);
    await hurricane.up();
    assert.equal((await hurricane.get('/later/x')).status, 404);
    mkdirSync(join(cwd, 'later'));
    writeFileSync(join(cwd, 'later/x'), 'came');
    assert.equal((await hurricane.get('/later/x')).text, 'came');

    process.kill(Number((await hurricane.get('/pid')).text), 'SIGKILL');
    await hurricane.sees('app.restarting');
    await isServed();
    await hurricane.sees('app.restarted');

    const isReady = async (): Promise<void> =>
      assert.equal((await hurricane.probe('ready')).status, 200);
    await eventually(isReady);
    const edges = (): number => hurricane.logs.filter(({ probe }) => probe === 'readiness').length;
    const edgesBefore = edges();

    const [slow, stuck] = [await begin(hurricane), await begin(hurricane)];
    const books = await readBooks(hurricane);
    assert.deepEqual([books.inFlight, books.queued], [2, 0]);
    await isServed();
    await isReady();
    assert.equal(edges(), edgesBefore);
    const line = await hurricane.sees(({ target }) => target === '/static/css/site.css');
    assert.partialDeepStrictEqual(line, { status: 200, from_files: true, app_ms: 0, queue_ms: 0 });
    assert.equal(line['response_bytes'], CSS.length);

    hurricane.signal('SIGTERM');
    await hurricane.sees('drain.started');
    let bytes = 0;
    slow.on('data', (chunk: Buffer) => (bytes += chunk.length));
    slow.resume();
    await once(slow, 'end');
    assert.equal(bytes, 32 * 1024 * 1024);
    stuck.on('error', () => undefined);
    const report = await hurricane.sees('drain.ended');
    assert.partialDeepStrictEqual(report, { failed: 1, forced: 1, aborted: 0 });
    stuck.destroy();
    assert.equal((await hurricane.exit).code, 0);
  },
);

/** An answer of which nothing is read yet. */
async function begin(hurricane: Hurricane): Promise<IncomingMessage> {
  const sent = get(`${hurricane.url}/static/large.bin`, { agent: false });
  sent.on('error', () => undefined);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer.pause();
}

test('2 GB are served in flat memory [js]', async (t) => {
  const cwd = useTempDir(t);
  const size = 2 * 1024 ** 3;
  writeFileSync(join(cwd, 'large.bin'), '');
  truncateSync(join(cwd, 'large.bin'), size);
  const hurricane = await serveExample(t, ['--static', '/s=.'], { artefact: 'js', cwd });
  const before = residentMiB(hurricane.pid);
  const sent = get(`${hurricane.url}/s/large.bin`, { agent: false });
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let bytes = 0;
  let most = 0;
  answer.on('data', (chunk: Buffer) => {
    if (Math.trunc(bytes / 2 ** 26) < Math.trunc((bytes += chunk.length) / 2 ** 26)) {
      most = Math.max(most, residentMiB(hurricane.pid));
    }
  });
  await once(answer, 'end');
  assert.equal(bytes, size);
  assert.ok(most - before < 100, `${before} MiB became ${most} MiB`);
  await eventually(async () => assert.equal((await readBooks(hurricane)).completed, 1));
});

function residentMiB(pid: number): number {
  const [, kib = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}
