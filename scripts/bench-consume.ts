// `npm run bench:consume`: messages a second and CPU of a consumer against plain clients at the same prefetch, in
// interleaved runs on a private broker. Exits with 1 when a bar is missed.

import amqp from 'amqplib';

import { Rabbitmq } from '../test/helpers/rabbitmq.ts';
import { median, report, type Bar } from './bench/bar.ts';
import {
  module,
  plainAmqplib,
  plainPika,
  plainRhea,
  stdio,
  type Consumer,
  type Figures,
} from './bench-consume/consumers.ts';
import { buildStale } from './build.ts';
import { setUpTests } from './setup-tests.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const QUEUE = 'bench';
const BODY = Buffer.alloc(200, 'x');

interface Case {
  readonly name: string;
  readonly consumer: Consumer;
  readonly prefetch: number;
  readonly messages: number;
}

const cases = {
  amqplib1: { name: 'amqplib', consumer: plainAmqplib, prefetch: 1, messages: 10_000 },
  module1: { name: 'hurricane, module', consumer: module, prefetch: 1, messages: 10_000 },
  amqplib: { name: 'amqplib', consumer: plainAmqplib, prefetch: 100, messages: 60_000 },
  module: { name: 'hurricane, module', consumer: module, prefetch: 100, messages: 60_000 },
  stdio: { name: 'hurricane, stdio', consumer: stdio, prefetch: 100, messages: 60_000 },
  rhea: { name: 'rhea-promise', consumer: plainRhea, prefetch: 100, messages: 60_000 },
  pika: { name: 'pika', consumer: plainPika, prefetch: 100, messages: 60_000 },
} as const satisfies Record<string, Case>;
type Name = keyof typeof cases;

setUpTests(['rabbitmq-server', 'python3-pika']);
await buildStale();
const broker = new Rabbitmq({ plugins: ['rabbitmq_amqp1_0'] });
await broker.begin();
const figures = new Map<Name, Figures[]>();
try {
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of shuffled(Object.keys(cases) as Name[])) {
      figures.set(name, [...(figures.get(name) ?? []), await measure(cases[name])]);
    }
  }
} finally {
  await broker.end();
}
printAll();
process.exitCode = report(bars()) ? 0 : 1;

/** The queue is full before and empty after. */
async function measure({ consumer, prefetch, messages }: Case): Promise<Figures> {
  const connection = await amqp.connect({ hostname: '127.0.0.1', port: broker.port });
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(QUEUE, { durable: true });
  for (let sent = 0; sent < messages; sent += 1) {
    channel.sendToQueue(QUEUE, BODY, { persistent: true });
    if (sent % 1000 === 0) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  const result = await consumer({ port: broker.port, queue: QUEUE, messages, prefetch });
  const left = await channel.deleteQueue(QUEUE);
  await connection.close();
  if (left.messageCount !== 0) throw new Error(`${left.messageCount} messages are left`);
  return result;
}

/** Per message: a rate 1.3 times as high is a time 1.3 times as short. */
function bars(): readonly Bar[] {
  const bar = (what: string, ours: Name, theirs: Name, limit: number): Bar => ({
    ...{ what, unit: 's/100k', limit },
    ours: secondsOf(ours),
    theirs: secondsOf(theirs),
  });
  return [
    bar('a module against amqplib at prefetch 100, time per message', 'module', 'amqplib', 1 / 1.3),
    bar('stdio against amqplib at prefetch 100, time per message', 'stdio', 'amqplib', 1 / 0.7),
  ];
}

function secondsOf(name: Name): readonly number[] {
  return (figures.get(name) ?? []).map(({ seconds }) => seconds);
}

function printAll(): void {
  for (const [name, { name: title, prefetch }] of Object.entries(cases)) {
    const own = figures.get(name as Name) ?? [];
    const rate = 100_000 / median(own.map(({ seconds }) => seconds));
    const cpu = median(own.map((each) => each.cpu));
    const label = `${title}, prefetch ${prefetch}`.padEnd(32);
    console.log(
      `${label} ${rate.toFixed(0).padStart(6)} messages/s  ${cpu.toFixed(2)} s CPU per 100 000`,
    );
  }
}

function shuffled<T>(values: readonly T[]): readonly T[] {
  return values
    .map((value) => ({ value, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
