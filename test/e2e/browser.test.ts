// What a person sees: pages in a real browser.

import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { usePage } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const SECONDS = 120;
const BYTES_PER_SECOND = 48_000 * 4;

/** Two minutes of silence: large enough for a browser not to fetch all of it at once. */
function silence(): Buffer {
  const size = SECONDS * BYTES_PER_SECOND;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + size, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(48_000, 24);
  head.writeUInt32LE(BYTES_PER_SECOND, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(size, 40);
  return Buffer.concat([head, Buffer.alloc(size)]);
}

const PAGE = `<!doctype html><title>page</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="site.css"><h1>Heading</h1>
<img src="/media/dot.svg"><video preload="metadata" src="/media/film.wav"></video>`;

const SOCKET = `<!doctype html><title>socket</title><link rel="icon" href="data:,"><script>
window.told = [];
function open() {
  const socket = new WebSocket('ws://' + location.host + '/ws');
  socket.onopen = () => socket.send('hello');
  socket.onmessage = ({ data }) => told.push(data);
  socket.onerror = () => told.push('error');
  socket.onclose = ({ code }) => { told.push('closed ' + code); open(); };
}
open();
</script>`;

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"></svg>';

async function serveSite(t: TestContext): Promise<{ hurricane: Hurricane; app: string }> {
  const cwd = useTempDir(t);
  for (const folder of ['public', 'uploads']) mkdirSync(join(cwd, folder));
  writeFileSync(join(cwd, 'public/page.html'), PAGE);
  writeFileSync(join(cwd, 'public/socket.html'), SOCKET);
  writeFileSync(join(cwd, 'public/site.css'), 'h1 { color: rgb(1, 2, 3) }');
  writeFileSync(join(cwd, 'uploads/dot.svg'), SVG);
  writeFileSync(join(cwd, 'uploads/film.wav'), silence());
  const app = join(cwd, 'app.mjs');
  copyFileSync(join(import.meta.dirname, '../../examples/node/app.js'), app);
  const files = ['--static', '/static=public', '--media', '/media=uploads'];
  const args = [...files, '--autoreload', '--', process.execPath, app];
  const hurricane = await startHurricane(t, args, { artefact: 'binary', cwd });
  await hurricane.up();
  return { hurricane, app };
}

test('a page has its styles and its image, and a film is wound forward [binary]', async (t) => {
  const watched = await usePage(t);
  if (watched === undefined) return;
  const { page, faults, answers } = watched;
  const { hurricane } = await serveSite(t);
  await page.goto(`${hurricane.url}/static/page.html`);
  const color = await page.evaluate("getComputedStyle(document.querySelector('h1')).color");
  assert.equal(color, 'rgb(1, 2, 3)');
  assert.equal(await page.evaluate("document.querySelector('img').naturalWidth"), 7);
  const at = await page.evaluate(`new Promise((resolve, reject) => {
    const film = document.querySelector('video');
    film.onseeked = () => resolve(film.currentTime);
    film.onerror = () => reject(film.error);
    film.currentTime = 100;
  })`);
  assert.equal(at, 100);
  const ranges = answers('/film.wav').map(([status, range]) => {
    assert.equal(status, 206);
    return Number(/^bytes (\d+)-/.exec(range)?.[1]);
  });
  // It went there, and not through all that is in between.
  assert.ok(Math.max(...ranges) > 90 * BYTES_PER_SECOND, ranges.join(', '));
  await page.reload();
  // Whoever has it already is not sent it again.
  assert.deepEqual(
    faults.filter((fault) => !fault.includes('/film.wav net::ERR_ABORTED')),
    [],
  );
});

test('a page with a WebSocket lives on across a reload of the app [binary]', async (t) => {
  const watched = await usePage(t);
  if (watched === undefined) return;
  const { page, faults } = watched;
  const { hurricane, app } = await serveSite(t);
  await hurricane.sees(/^Watching path/);
  await page.goto(`${hurricane.url}/static/socket.html`);
  const told = (): Promise<unknown> => page.evaluate('window.told');
  await eventually(async () => assert.deepEqual(await told(), ['hello']));
  const pid = (): Promise<unknown> =>
    page.evaluate("fetch('/pid').then((answer) => answer.text())");
  const before = await pid();
  writeFileSync(app, `${readFileSync(app, 'utf8')}\n// changed\n`);
  await hurricane.sees('app.replaced');
  await eventually(async () => assert.deepEqual(await told(), ['hello', 'closed 1012', 'hello']), {
    within: 15_000,
  });
  assert.notEqual(await pid(), before);
  appendFileSync(app, 'this is no code');
  await hurricane.sees('app.replacement-failed');
  assert.deepEqual(await told(), ['hello', 'closed 1012', 'hello']);
  assert.deepEqual(faults, []);
});
