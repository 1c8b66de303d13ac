// The consumers under measurement: each empties a queue and says how long it took, and the shell how much CPU.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { artefacts, freePort, node } from '../bench/programs.ts';

export interface Job {
  readonly port: number;
  readonly queue: string;
  readonly messages: number;
  readonly prefetch: number;
}

export interface Figures {
  /** Seconds for 100 000 messages. */
  readonly seconds: number;
  /** Seconds of CPU for 100 000 messages, the start and programs below it included. */
  readonly cpu: number;
}

export type Consumer = (job: Job) => Promise<Figures>;

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export const plainAmqplib = plain([node, here('plain-amqplib.ts')]);
export const plainRhea = plain([node, here('plain-rhea.ts')]);
export const plainPika = plain(['/usr/bin/python3', here('plain_pika.py')]);
export const module = hurricane(['--handler', here('empty-handler.mjs')]);
export const stdio = hurricane(['--handler-exec', `${node} ${here('empty-program.mjs')}`]);

function plain(command: readonly string[]): Consumer {
  return async (job) => {
    const { port, queue, messages, prefetch } = job;
    const { out, cpu } = await run([...command, port, queue, messages, prefetch].map(String));
    const took = /took ([\d.]+) ms/.exec(out)?.[1];
    return per100k(job, Number(took) / 1000, cpu);
  };
}

/** Everything as by default, except what the job says; as many at a time as the broker hands out. */
function hurricane(handler: readonly string[]): Consumer {
  return async (job) => {
    const { port, queue, messages, prefetch } = job;
    const { out, cpu } = await run([
      ...[...artefacts.js, 'consume', ...handler, '--queue', queue],
      ...['--amqp-host', '127.0.0.1', '--amqp-port', `${port}`, '--topology', 'none'],
      ...['--prefetch', `${prefetch}`, '--concurrency', `${prefetch}`],
      ...['--max-lifetime', `${messages}`, '--probe-port', `${await freePort()}`],
    ]);
    const took = timeOf(out, 'drain.started') - timeOf(out, 'consumer.subscribed');
    return per100k(job, took / 1000, cpu);
  };
}

function timeOf(out: string, event: string): number {
  const line = out.split('\n').find((each) => each.includes(`"event":"${event}"`));
  if (line === undefined) throw new Error(`no ${event} in\n${out}`);
  return Date.parse((JSON.parse(line) as { time: string }).time);
}

function per100k({ messages }: Job, seconds: number, cpu: number): Figures {
  const times = 100_000 / messages;
  return { seconds: seconds * times, cpu: cpu * times };
}

async function run(command: readonly string[]): Promise<{ out: string; cpu: number }> {
  const shell = spawn('bash', ['-c', '"$@"; times', 'bash', ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [out] = await Promise.all([text(shell.stdout), once(shell, 'close')]);
  const [user = 0, system = 0] = [
    ...(out.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g),
  ].map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  return { out, cpu: user + system };
}
