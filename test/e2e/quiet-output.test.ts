// What is printed, and where: nothing but our log and the app's own output, readable on a terminal.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { WebSocket } from 'ws';

import { artefactCommand, forEachArtefact } from '../helpers/artefacts.ts';
import { serveExample } from '../helpers/example.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { runHurricane } from '../helpers/hurricane.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { runOnTerminal } from '../helpers/terminal.ts';
import { useTlsSink } from '../helpers/tls-sink.ts';

const warning = /warning|deprecat|experimental|--trace-/i;

forEachArtefact('prints no warning of Node, whatever it is made to do', async (t, artefact) => {
  const cwd = useTempDir(t);
  writeFileSync(join(cwd, 'plain.mjs'), 'export default async () => [];\n');
  writeFileSync(
    join(cwd, 'typed.mts'),
    'const messages: readonly { level: string }[] = [];\nexport default () => messages;\n',
  );
  writeFileSync(join(cwd, 'hurricane.yaml'), 'command: [echo prepared]\n');
  const [sink, upstream] = [await useTlsSink(t), await useHttpServer(t, (_, res) => res.end())];
  const hurricane = await serveExample(
    t,
    [
      ...['--check', 'readiness=plain.mjs', '--check', 'liveness=typed.mts'],
      ...['--check', `readiness=${upstream.url}`, '--check', 'startup=true'],
      ...['--wait-for', upstream.url, '--webhook-url', sink.url, '--app-ready-path', '/'],
    ],
    { artefact, cwd, env: { NODE_EXTRA_CA_CERTS: sink.certificatePath } },
  );
  await hurricane.sees(({ event, probe, passing }) => {
    return event === 'probe.changed' && probe === 'readiness' && passing === true;
  });

  const body = 'x'.repeat(100_000);
  assert.ok((await hurricane.get('/echo', { method: 'POST', body })).text.endsWith(body));
  // A body without a length, where http-proxy would not expect one.
  const headers = { 'transfer-encoding': 'chunked' };
  assert.equal((await hurricane.get('/echo', { method: 'DELETE', headers, body })).status, 200);
  assert.equal((await hurricane.get('/stream?n=2&ms=1')).status, 200);
  await echoOverWebSocket(hurricane.url.replace('http', 'ws'));
  assert.equal((await hurricane.probe('metrics')).status, 200);

  hurricane.signal('SIGTERM');
  assert.equal((await hurricane.exit).code, 0);
  assert.ok(sink.bodies.length > 0);
  assert.equal(hurricane.stderr, '');
  assert.match(hurricane.output.join('\n'), /^listening on 127\.0\.0\.1:\d+$/);
  assert.doesNotMatch(JSON.stringify(hurricane.logs), warning);
  const unexpected = hurricane.logs.filter(({ level }) => !/^(info|debug)$/.test(level));
  assert.deepEqual(
    unexpected.map(({ msg }) => msg),
    ['readiness probe fails'],
    'only what draining means',
  );

  const args = ['check', '--check', 'readiness=plain.mjs', '--check', 'readiness=typed.mts'];
  const { code, stdout, stderr } = await runHurricane(t, args, { artefact, cwd });
  assert.equal(code, 0);
  assert.match(stdout, /^pass .*\npass .*\n$/);
  assert.equal(stderr, '');
});

async function echoOverWebSocket(url: string): Promise<void> {
  const socket = new WebSocket(`${url}/ws`);
  await once(socket, 'open');
  socket.send('hello');
  const [data] = (await once(socket, 'message')) as [Buffer];
  assert.equal(data.toString(), 'hello');
  socket.close();
  await once(socket, 'close');
}

/** Ends by itself, and has lines of level info, warn and error. */
const shortRun = [
  ...['serve', '--port', '0', '--no-probe', '--command', 'echo prepared'],
  ...['--', 'sh', '-c', 'exit 3'],
];
const stranger = { HURRICANE_PROT: '1' };
const levels = ['ERROR', 'INFO ', 'WARN '];
const escapes = /\u001b\[[\d;]*m/g;

/** Time, level, component and message each begin in one column. */
function assertAligned(text: string): void {
  const lines = text.trimEnd().split('\n');
  for (const line of lines) {
    assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} (INFO |WARN |ERROR) [a-z][a-z ]{8} \S/);
  }
  const seen = new Set(lines.map((line) => line.slice(13, 18)));
  assert.deepEqual([...seen].sort(), levels);
}

forEachArtefact('on a terminal the log is text, aligned and coloured', async (t, artefact) => {
  const words = [...artefactCommand(t, artefact), ...shortRun];
  const { code, screen } = await runOnTerminal(words, stranger);
  assert.equal(code, 3);
  assert.ok(screen.includes('\u001b[32mINFO \u001b[39m'), screen);
  assert.ok(screen.includes('\u001b[33mWARN \u001b[39m'), screen);
  assert.ok(screen.includes('\u001b[31mERROR\u001b[39m'), screen);
  assertAligned(screen.replaceAll(escapes, ''));
});

forEachArtefact('NO_COLOR takes the colours away, and nothing else', async (t, artefact) => {
  const words = [...artefactCommand(t, artefact), ...shortRun];
  const { code, screen } = await runOnTerminal(words, { ...stranger, NO_COLOR: '1' });
  assert.equal(code, 3);
  assert.doesNotMatch(screen, escapes);
  assertAligned(screen);
});

forEachArtefact('elsewhere the log is JSON, or text without colours', async (t, artefact) => {
  const json = await runHurricane(t, shortRun, { artefact, env: stranger });
  for (const line of json.stdout.trimEnd().split('\n')) {
    const { level, time, msg } = JSON.parse(line) as Record<string, string>;
    assert.match(`${level} ${time}`, /^(info|warn|error) \d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.ok(msg);
  }
  const env = { ...stranger, HURRICANE_LOG_FORMAT: 'text' };
  const text = await runHurricane(t, shortRun, { artefact, env });
  assert.doesNotMatch(text.stdout, escapes);
  assertAligned(text.stdout);
  assert.equal(json.stderr + text.stderr, '');
});

forEachArtefact('on a terminal --print-config is a table', async (t, artefact) => {
  const words = [...artefactCommand(t, artefact), 'serve', '--print-config'];
  const { code, screen } = await runOnTerminal(words, {});
  assert.equal(code, 0);
  const columns = new Set(screen.match(/^[\w-]+ +(?=\S)/gm)?.map(({ length }) => length));
  assert.equal(columns.size, 1, screen);
  assert.doesNotMatch(screen, escapes);
});
