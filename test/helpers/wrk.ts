// Load that never pauses, by wrk: a process of its own that costs little beside what it measures.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

const PROGRAM = '/usr/bin/wrk';

export interface WrkReport {
  readonly requests: number;
  readonly perSecond: number;
  /** Sockets that failed, answers later than 2 s, statuses of 400 and above. */
  readonly failures: readonly string[];
}

export interface Wrk {
  /** Ends the load and resolves with what it measured until then. */
  stop(): Promise<WrkReport>;
}

/** False, and the test skipped with the reason, where wrk is not installed. */
export function hasWrk(t: TestContext): boolean {
  if (existsSync(PROGRAM)) return true;
  t.skip(`${PROGRAM} is not installed: run sh scripts/node.sh scripts/setup-tests.ts`);
  return false;
}

/** Each connection sends its next request as soon as it has its answer. */
export function startWrk(t: TestContext, url: string, connections: number): Wrk {
  const child = spawn(PROGRAM, ['-t1', `-c${connections}`, '-d10m', url]);
  const ended = Promise.all([text(child.stdout), once(child, 'close')]);
  t.after(() => child.kill('SIGKILL'));
  return {
    stop: async () => {
      child.kill('SIGINT');
      const [output] = await ended;
      return parse(output);
    },
  };
}

/** The load for as long as `work` takes, and what both found. */
export async function underLoad<T>(
  t: TestContext,
  { url, connections }: { readonly url: string; readonly connections: number },
  work: () => Promise<T>,
): Promise<{ readonly report: WrkReport; readonly result: T }> {
  const wrk = startWrk(t, url, connections);
  const result = await work();
  return { report: await wrk.stop(), result };
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
