// `npm run demo:consume`, and what its development broker and hurricane agree on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

import { numbers, startConsumer, useClient } from '../helpers/consume.ts';
import { useDevelopmentBroker } from '../helpers/development-broker.ts';
import { eventually } from '../helpers/eventually.ts';
import { runOnTerminal } from '../helpers/terminal.ts';

const root = join(import.meta.dirname, '../..');
const demo = join(root, 'scripts/demo-consume.ts');

test('the demo shows a success, a retry and a dead letter, whatever broker the caller has', async () => {
  const env = { TERM: 'xterm-256color', AMQP_HOST: 'broker.invalid', HURRICANE_RETRY: 'none' };
  const { code, screen } = await runOnTerminal([process.execPath, demo], env);
  assert.equal(code, 0, screen);
  assert.match(screen, /\u001b\[/, 'it is coloured');
  const seen = stripVTControlCharacters(screen);
  const inOrder = [
    'broker     a development broker (AMQP 0-9-1) listens on 127.0.0.1:',
    'never for production',
    'export default function handle(',
    'hurricane consume examples/handlers/orders.mjs --queue orders',
    'publisher  {"order":1,',
    'handler    order 1 is shipped, at attempt 1',
    'publisher  {"order":2,',
    'hurricane  an attempt failed, the next one is in 1 s',
    'handler    order 2 is shipped, at attempt 2',
    'publisher  {"order":3,',
    'hurricane  a message was given up: it is a dead letter now',
    'broker     orders.dead holds {"order":3,',
    'hurricane-error: Error: nobody sells unicorns (examples/handlers/orders.mjs:',
    'hurricane-attempt: 2',
    'stopped in order, exit code 0',
    'AMQP_HOST=broker AMQP_PORT=5672',
  ];
  const places = inOrder.map((words) => seen.indexOf(words));
  assert.ok(!places.includes(-1), `${inOrder[places.indexOf(-1)] ?? ''}\n${seen}`);
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
    seen,
  );
});

test('a demo that is interrupted at its terminal ends in order, and npm with it', async (t) => {
  // A terminal sends its signal to all of the group: to npm and its shell, too.
  const npm = spawn('npm', ['run', '--silent', 'demo:consume'], {
    ...{ cwd: root, detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  const signalGroup = (signal: NodeJS.Signals) => process.kill(-(npm.pid ?? 0), signal);
  const lines: string[] = [];
  createInterface({ input: npm.stdout }).on('line', (line) => {
    lines.push(line);
    if (line.includes('Queue bound')) signalGroup('SIGINT');
  });
  t.after(() => {
    if (npm.exitCode === null && npm.signalCode === null) signalGroup('SIGKILL');
  });
  assert.deepEqual(await once(npm, 'close'), [0, null], lines.join('\n'));
  assert.match(lines.join('\n'), /stopped in order, exit code 0/);
  assert.ok(!lines.some((line) => line.includes('The same with a broker of yours')));
});

test('hurricane handles 200 messages of the development broker, 8 at a time, once each [js]', async (t) => {
  const broker = await useDevelopmentBroker(t);
  const queue = 'many';
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue },
    handler: `
let atOnce = 0;
export default async function handle({ body, redelivered }) {
  atOnce += 1;
  await new Promise((resolve) => setTimeout(resolve, 5));
  console.log(body, atOnce, redelivered);
  atOnce -= 1;
}`,
    args: [
      ...['--concurrency', '8', '--exchange', 'work', '--priority', '1'],
      ...['--queue-type', 'classic', '--exclusive'],
    ],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, numbers(200));
  await eventually(() => assert.equal(hurricane.output.length, 200));
  const words = hurricane.output.map((line) => line.split(' '));
  assert.deepEqual(
    words.map(([body]) => Number(body)).toSorted((a, b) => a - b),
    numbers(200),
  );
  assert.equal(Math.max(...words.map(([, atOnce]) => Number(atOnce))), 8);
  assert.ok(words.every(([, , redelivered]) => redelivered === 'false'));
  await eventually(async () => {
    const page = (await hurricane.probe('metrics')).text;
    assert.match(page, /_messages_total\{.*outcome="ack"\} 200$/m);
  });
  hurricane.signal('SIGTERM');
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
  // What was not acknowledged would have come back.
  assert.equal(await client.count(queue), 0);
});
