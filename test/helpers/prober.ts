// Probes from a process of their own, as the kubelet sends them.

import { execFile } from 'node:child_process';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

import { useScript } from './apps.ts';

export interface ProbeSample {
  readonly path: string;
  /** 0: no answer. */
  readonly status: number;
  /** From the connect to the last byte. */
  readonly ms: number;
}

interface ProbeRate {
  readonly samples: number;
  readonly everyMs: number;
}

/** Asks the three probes in turn, each on a new connection, at a steady rate whatever the answers do. */
export async function askProbes(
  t: TestContext,
  probePort: number,
  { samples, everyMs }: ProbeRate,
): Promise<ProbeSample[]> {
  const [program = '', ...words] = useScript('asks-probes.mjs');
  const { stdout } = await promisify(execFile)(
    program,
    [...words, `${probePort}`, `${samples}`, `${everyMs}`],
    { signal: t.signal, maxBuffer: Infinity },
  );
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ProbeSample);
}

/** The time within which this share of the answers came, in milliseconds. */
export function percentile(samples: readonly ProbeSample[], share: number): number {
  const sorted = samples.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Infinity;
}
