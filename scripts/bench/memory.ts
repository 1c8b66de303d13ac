// Anonymous resident memory of an idle process: the part that no other process shares.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import type { Bar } from './bar.ts';
import { end, node, startServe } from './programs.ts';

const RUNS = 5;

export async function benchMemory(): Promise<Bar[]> {
  const series = { ours: [] as number[], empty: [] as number[] };
  for (let run = 0; run < RUNS; run += 1) {
    const empty = await startEmpty();
    const serve = await startServe([]);
    series.empty.push(anonymousMiB(empty));
    series.ours.push(anonymousMiB(serve.child));
    await end(empty);
    await end(serve.child);
  }
  const what = 'anonymous memory when idle, against an empty Node process';
  return [{ what, unit: 'MiB', ours: series.ours, theirs: series.empty, limit: 3 }];
}

async function startEmpty(): Promise<ChildProcess> {
  const program = 'setInterval(() => {}, 1e9); console.log("up")';
  const child = spawn(node, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

function anonymousMiB({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
