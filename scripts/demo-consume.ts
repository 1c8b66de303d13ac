// `npm run demo:consume`: what `hurricane consume` does with a message that succeeds, one that is tried again
// and one that is given up. Its broker is the development broker, in this process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { styleText } from 'node:util';

import amqp from 'amqplib';

import { buildBundle, bundlePath, isStale } from './build.ts';
import { DevelopmentBroker } from './development-broker/broker.ts';
import { forwardSignals } from './forward-signals.ts';

const root = join(import.meta.dirname, '..');
const HANDLER = 'examples/handlers/orders.mjs';
const QUEUE = 'orders';
const FLAGS = ['--queue', QUEUE, '--retry', '1s'];
const WORDS = ['consume', HANDLER, ...FLAGS];
const PATIENCE_MS = 30_000;

type Speaker = 'publisher' | 'handler' | 'hurricane' | 'broker';
const colors = {
  publisher: 'blue',
  handler: 'green',
  hurricane: 'cyan',
  broker: 'magenta',
} as const;

interface LogLine {
  readonly event?: string;
  readonly level: 'info' | 'warn' | 'error' | 'fatal';
  readonly msg: string;
  readonly reason?: string;
  readonly exit_code?: number;
}

/** What is worth a line here. */
const told = [
  'consumer.subscribed',
  'message.retried',
  'message.dead',
  'drain.started',
  'hurricane.ended',
];

if (await isStale(bundlePath)) {
  console.log('building dist/hurricane.js');
  await buildBundle();
}
const broker = new DevelopmentBroker();
await broker.start();
introduce();
const hurricane = spawn(process.execPath, [bundlePath, ...WORDS], {
  cwd: root,
  env: environment(),
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
});
forwardSignals(hurricane);
const ended = once(hurricane, 'close') as Promise<[number | null]>;
/** Every line so far, and who waits for the next. */
const lines: string[] = [];
let onLine = Promise.withResolvers<undefined>();
createInterface({ input: hurricane.stdout }).on('line', (line) => {
  show(line);
  lines.push(line);
  onLine.resolve(undefined);
  onLine = Promise.withResolvers();
});
const isTold = await Promise.race([tell().then(() => true), ended.then(() => false)]).finally(() =>
  hurricane.kill('SIGTERM'),
);
const [code] = await ended;
await broker.stop();
if (isTold) conclude();
process.exitCode = code ?? 1;

function introduce(): void {
  const source = readFileSync(join(root, HANDLER), 'utf8');
  heading('Messages for a handler: hurricane consume');
  say('broker', `a development broker (AMQP 0-9-1) listens on 127.0.0.1:${broker.port}:`);
  say('broker', 'in memory, in this process, for trying things out, never for production');
  heading(`The handler, ${HANDLER}`);
  console.log(indent(source.slice(source.indexOf('export default')).trimEnd()));
  heading('What hands it the messages');
  console.log(`    hurricane ${WORDS.join(' ')}\n`);
}

/** Nothing of the caller's own environment decides where the messages of the demo go. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(AMQP|HURRICANE)_/.test(name));
  return {
    ...Object.fromEntries(own),
    AMQP_HOST: '127.0.0.1',
    AMQP_PORT: `${broker.port}`,
    HURRICANE_PROBE_PORT: '0',
    HURRICANE_LOG_FORMAT: 'json',
  };
}

async function tell(): Promise<void> {
  await sees('"consumer.subscribed"');
  const connection = await amqp.connect({ hostname: '127.0.0.1', port: broker.port });
  connection.on('error', () => undefined); // it may go with the broker, after Ctrl-C
  const channel = await connection.createConfirmChannel();
  const publish = async (order: {
    readonly order: number;
    readonly item: string;
  }): Promise<void> => {
    const body = JSON.stringify(order);
    say('publisher', body);
    channel.sendToQueue(QUEUE, Buffer.from(body), { contentType: 'application/json' });
    await channel.waitForConfirms();
  };
  heading('What it returns is done');
  await publish({ order: 1, item: 'map' });
  await sees('order 1 is shipped');
  heading('What it throws is tried again');
  await publish({ order: 2, item: 'globe' });
  await sees('order 2 is shipped');
  heading('After the last attempt it is a dead letter, and blocks nobody');
  await publish({ order: 3, item: 'unicorn' });
  await sees('"message.dead"');
  const letter = await channel.get(`${QUEUE}.dead`, { noAck: true });
  if (letter === false) throw new Error(`${QUEUE}.dead is empty`);
  const headers = letter.properties.headers ?? {};
  say('broker', `${QUEUE}.dead holds ${letter.content.toString()}`);
  for (const name of ['hurricane-error', 'hurricane-attempt']) {
    say('broker', `  ${name}: ${withoutRoot(String(headers[name]))}`);
  }
  await connection.close();
  heading('SIGTERM, or Ctrl-C: nothing new begins, and what has begun may end');
}

function conclude(): void {
  heading('The same with a broker of yours');
  console.log(
    indent(
      `AMQP_HOST=broker AMQP_PORT=5672 AMQP_USER=guest AMQP_PASSWORD=guest \\\n` +
        `  npx node dist/hurricane.js consume ${HANDLER} \\\n` +
        `  ${FLAGS.join(' ')}`,
    ),
  );
  console.log('\ndocs/consume.md has the rest.\n');
}

/** Resolves when a line of hurricane, or of its handler, has the words in it. */
async function sees(words: string): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const late = once(signal, 'abort');
  while (!lines.some((line) => line.includes(words))) {
    if (signal.aborted) throw new Error(`hurricane has not said ${words}`);
    await Promise.race([onLine.promise, late]);
  }
}

function show(line: string): void {
  if (!line.startsWith('{"level":')) {
    say('handler', line);
    return;
  }
  const { event = '', level, msg, reason, exit_code: exitCode } = JSON.parse(line) as LogLine;
  if (!told.includes(event) && !['error', 'fatal'].includes(level)) return;
  say('hurricane', exitCode === undefined ? msg : `${msg}: ${reason ?? ''}, exit code ${exitCode}`);
  if (level === 'info' || reason === undefined) return;
  const color = level === 'warn' ? 'yellow' : 'red';
  say('hurricane', `  ${styleText(color, withoutRoot(reason))}`);
}

function heading(text: string): void {
  console.log(`\n${styleText('bold', text)}\n`);
}

function say(who: Speaker, text: string): void {
  console.log(`  ${styleText(colors[who], who.padEnd(11))}${text}`);
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}

function withoutRoot(text: string): string {
  return text.replaceAll(`${root}/`, '');
}
