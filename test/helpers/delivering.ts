// `hurricane serve --deliver` on a broker, with the app of test/scripts/takes-messages.mjs.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { useScript } from './apps.ts';
import type { Artefact } from './artefacts.ts';
import { startHurricane, type Hurricane } from './hurricane.ts';
import { placeOf, type Broker } from './consume.ts';
import { useTempDir } from './temp-dir.ts';

export interface DeliveringOptions {
  readonly artefact: Artefact;
  readonly broker: Broker;
  readonly queue: string;
  /** `{folder}` is a folder of the test's own. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Delivering {
  readonly hurricane: Hurricane;
  /** What waits in the app may go on. */
  readonly open: () => void;
  readonly setSick: (sick: boolean) => void;
  /** What the app got so far, in order. */
  readonly got: () => readonly Got[];
}

interface Got {
  readonly n: number;
  readonly attempt: number;
  readonly url: string;
  readonly pid: number;
  /** It came by itself, and not through the proxy. */
  readonly straight: boolean;
}

/** Does not wait until it is up. */
export async function startDelivering(
  t: TestContext,
  { artefact, broker, queue, args = [], env = {} }: DeliveringOptions,
): Promise<Delivering> {
  const folder = useTempDir(t);
  const words = [
    ...['--deliver', '/messages', '--queue', queue, '--retry', '100ms'],
    ...placeOf(broker),
    ...args.map((arg) => arg.replaceAll('{folder}', folder)),
    ...['--', ...useScript('takes-messages.mjs')],
  ];
  const hurricane = await startHurricane(t, words, { artefact, env: { FOLDER: folder, ...env } });
  const sick = join(folder, 'sick');
  return {
    hurricane,
    open: () => writeFileSync(join(folder, 'open'), ''),
    setSick: (isSick) => (isSick ? writeFileSync(sick, '') : rmSync(sick)),
    got: () => hurricane.output.flatMap(gotOf),
  };
}

function gotOf(line: string): Got[] {
  const found = /^got (\d+) attempt (\d+) at (\S+) pid (\d+) (\w+)$/.exec(line);
  if (found === null) return [];
  const [, n, attempt, url = '', pid, way] = found;
  return [
    { n: Number(n), attempt: Number(attempt), url, pid: Number(pid), straight: way === 'straight' },
  ];
}
