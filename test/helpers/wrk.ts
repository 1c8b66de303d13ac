// Load that never pauses, by wrk: a process of its own that costs little beside what it measures.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

const PROGRAM = '/usr/bin/wrk';
const WITHOUT_END_S = 600;

export interface WrkReport {
  readonly requests: number;
  readonly perSecond: number;
  /** Sockets that failed, answers later than 5 s, statuses of 400 and above. */
  readonly failures: readonly string[];
}

export interface WrkOptions {
  readonly url: string;
  readonly connections: number;
}

/** False, and the test skipped with the reason, where wrk is not installed. */
export function hasWrk(t: TestContext): boolean {
  if (existsSync(PROGRAM)) return true;
  t.skip(`${PROGRAM} is not installed: run sh scripts/node.sh scripts/setup-tests.ts`);
  return false;
}

/** What it measured in so many seconds. Each connection sends its next request when it has its answer. */
export async function measure(
  t: TestContext,
  options: WrkOptions,
  seconds: number,
): Promise<WrkReport> {
  return startWrk(t, options, seconds).report;
}

/** The load for as long as `work` takes, and what both found. */
export async function underLoad<T>(
  t: TestContext,
  options: WrkOptions,
  work: () => Promise<T>,
): Promise<{ readonly report: WrkReport; readonly result: T }> {
  const wrk = startWrk(t, options, WITHOUT_END_S);
  const result = await work();
  wrk.stop();
  return { report: await wrk.report, result };
}

function startWrk(
  t: TestContext,
  { url, connections }: WrkOptions,
  seconds: number,
): { readonly report: Promise<WrkReport>; stop(): void } {
  const child = spawn(PROGRAM, ['-t1', '--timeout=5s', `-c${connections}`, `-d${seconds}s`, url]);
  t.after(() => child.kill('SIGKILL'));
  const report = Promise.all([text(child.stdout), once(child, 'close')]).then(([out]) =>
    parse(out),
  );
  return { report, stop: () => child.kill('SIGINT') };
}

function parse(output: string): WrkReport {
  const [requests, perSecond] = [/(\d+) requests in/, /Requests\/sec: +([\d.]+)/].map((pattern) =>
    Number(pattern.exec(output)?.[1]),
  );
  if (requests === undefined || perSecond === undefined || Number.isNaN(perSecond)) {
    throw new Error(`wrk said:\n${output}`);
  }
  return { requests, perSecond, failures: output.match(/^ *(Socket errors|Non-2xx).*$/gm) ?? [] };
}
