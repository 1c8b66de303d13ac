// CPU of the proxy process per request: small keep-alive GETs on 64 connections, made by wrk.

import { execFileSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

import type { Bar } from './bar.ts';
import { end, startBareProxy, startOrigin, startServe, type Listening } from './programs.ts';

const RUNS = 5;
const LOAD_SECONDS = 3;
const CLOCK_TICK_MS = 10;

export async function benchCpu(): Promise<Bar[]> {
  const origin = await startOrigin();
  const proxies = {
    bare: await startBareProxy(origin),
    off: await startServe(['--access-log', 'off']),
    on: await startServe(['--access-log', 'all']),
  };
  const series = { bare: [] as number[], off: [] as number[], on: [] as number[] };
  for (const { port } of Object.values(proxies)) load(port, 1);
  for (let run = 0; run < RUNS; run += 1) {
    for (const name of ['bare', 'off', 'on'] as const) {
      series[name].push(cpuPerRequest(proxies[name]));
    }
  }
  for (const { child } of [...Object.values(proxies), origin]) await end(child);
  const what = (log: string): string =>
    `CPU per request, access log ${log}, against bare http-proxy`;
  return [
    { what: what('off'), unit: 'µs', ours: series.off, theirs: series.bare, limit: 1.15 },
    { what: what('on'), unit: 'µs', ours: series.on, theirs: series.bare, limit: 1.35 },
  ];
}

function cpuPerRequest({ child, port }: Listening): number {
  const before = cpuMs(child);
  const requests = load(port, LOAD_SECONDS);
  return ((cpuMs(child) - before) * 1000) / requests;
}

/** Runs wrk and returns the number of answered requests. */
function load(port: number, seconds: number): number {
  const args = ['-t1', '-c64', `-d${seconds}s`, `http://127.0.0.1:${port}/`];
  const output = execFileSync('wrk', args, { encoding: 'utf8' });
  if (/Non-2xx|Socket errors/.test(output))
    throw new Error(`not every answer was good:\n${output}`);
  return Number(/(\d+) requests in/.exec(output)?.[1]);
}

/** User and system time of a process so far (proc_pid_stat(5), fields 14 and 15). */
function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
}
