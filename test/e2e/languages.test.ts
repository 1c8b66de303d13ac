// Every example app behind hurricane, from its start to an orderly stop with a request in hand. What an
// app cannot do is in examples/README.md.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';

import { WebSocket } from 'ws';

import { languages, useApp, type Language } from '../helpers/apps.ts';
import { forEachArtefact } from '../helpers/artefacts.ts';
import { readBooks } from '../helpers/books.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { useWebhookSink } from '../helpers/webhook-sink.ts';

/** A JVM compiles its source first, on a machine that does other things besides. */
const STARTS_WITHIN_MS = 120_000;
const EXITS_WITHIN_MS = 30_000;
/** How long a request stays in hand: longer than it takes to see that it is, and to send a signal. */
const HELD_MS = 1500;
const SECRET = 's3cret';

/** How an app names itself in its greeting. */
const greetings: Readonly<Record<Language, string>> = {
  node: 'Node',
  python: 'Python',
  ruby: 'Ruby',
  php: 'PHP',
  java: 'Java',
  go: 'Go',
  shell: 'a shell script',
};

const withoutWebSocket: readonly Language[] = ['php', 'java', 'shell'];

for (const language of languages) {
  forEachArtefact(
    `the ${language} app is served, knows no secret of ours, and is stopped with requests in hand`,
    async (t, artefact) => {
      const command = await useApp(t, language);
      if (command === undefined) return;
      const folder = useTempDir(t);
      const secretFile = join(folder, 'secret');
      writeFileSync(secretFile, SECRET);
      const sink = await useWebhookSink(t);
      const hurricane = await startHurricane(t, ['--', ...command], {
        artefact,
        env: {
          HURRICANE_WEBHOOK_URL: sink.url.replace('://', `://us:${SECRET}@`),
          HURRICANE_WEBHOOK_SECRET_FILE: secretFile,
          OF_THE_APP: 'stays',
          TMPDIR: folder,
        },
      });
      await hurricane.up(STARTS_WITHIN_MS);

      await assertServed(hurricane, language);
      await assertEnvironment(hurricane);
      if (!withoutWebSocket.includes(language)) await assertWebSocket(hurricane);
      await assertStopped(hurricane);
      assert.doesNotMatch(`${JSON.stringify(hurricane.logs)}${hurricane.stderr}`, /s3cret/);
    },
  );
}

async function assertServed(hurricane: Hurricane, language: Language): Promise<void> {
  const greeting = await hurricane.get('/');
  assert.deepEqual([greeting.status, greeting.text], [200, `Hello from ${greetings[language]}\n`]);
  const body = 'a body\0\u00e9\r\n'.repeat(1000);
  const echo = await hurricane.get('/echo?x=1', { method: 'POST', body });
  assert.equal(echo.status, 200);
  assert.ok(echo.text.startsWith('POST /echo?x=1\n'), echo.text);
  assert.ok(echo.text.endsWith(`\n\n${body}`));
  assert.equal((await hurricane.get('/nowhere')).status, 404);
}

async function assertEnvironment(hurricane: Hurricane): Promise<void> {
  const { text: environment } = await hurricane.get('/env');
  const [, port] = /^PORT=(\d+)$/m.exec(environment) ?? [];
  assert.ok(port !== undefined && Number(port) !== hurricane.port, environment);
  assert.match(environment, new RegExp(`^HURRICANE_APP_PORT=${port}$`, 'm'));
  assert.match(environment, /^OF_THE_APP=stays$/m);
  assert.doesNotMatch(environment, /s3cret|HURRICANE_WEBHOOK/);
}

async function assertWebSocket(hurricane: Hurricane): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${hurricane.port}/ws`);
  await once(socket, 'open');
  socket.send('there and back');
  const [message] = (await once(socket, 'message')) as [Buffer];
  assert.equal(message.toString(), 'there and back');
  socket.close(1000);
  await once(socket, 'close');
}

/** An answer that has begun and one that has not are both in hand at the signal, and both arrive whole. */
async function assertStopped(hurricane: Hurricane): Promise<void> {
  const stream = httpRequest(`${hurricane.url}/stream?n=2&ms=${HELD_MS}`, { agent: false }).end();
  const [events] = (await once(stream, 'response')) as [IncomingMessage];
  const chunks = events.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
  const first = await chunks.next();
  assert.equal(first.value, 'data: 1\n\n', 'the first event did not come at once');
  const slow = hurricane.get(`/slow?ms=${HELD_MS}`, { within: EXITS_WITHIN_MS });
  await eventually(async () => {
    const { queued, inFlight } = await readBooks(hurricane);
    assert.deepEqual({ queued, inFlight }, { queued: 1, inFlight: 1 });
  });

  hurricane.signal('SIGTERM');
  const { status, text: said } = await slow;
  assert.deepEqual([status, said], [200, `slept ${HELD_MS} ms\n`]);
  let rest = '';
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    rest += next.value;
  }
  assert.equal(rest, 'data: 2\n\n');
  assert.ok(events.complete);
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
  const drain = await hurricane.sees('drain.ended');
  const { shed, aborted, failed, forced } = drain;
  assert.deepEqual([shed, aborted, failed, forced], [0, 0, 0, 0]);
}
