// Time from our start to the start of the app, against the whole run of an empty Node program.

import { execFileSync } from 'node:child_process';

import type { Bar } from './bar.ts';
import { artefacts, freePort, node } from './programs.ts';

const RUNS = 25;

export async function benchStart(): Promise<Bar[]> {
  const series = { empty: [] as number[], js: [] as number[], binary: [] as number[] };
  for (let run = 0; run <= RUNS; run += 1) {
    const times = { empty: emptyMs(), js: await spawnMs('js'), binary: await spawnMs('binary') };
    if (run === 0) continue; // the first run fills caches
    for (const name of ['empty', 'js', 'binary'] as const) series[name].push(times[name]);
  }
  return (['js', 'binary'] as const).map((name) => ({
    what: `start to app spawn, ${name}, against node -e 0`,
    unit: 'ms',
    ours: series[name],
    theirs: series.empty,
    limit: 2,
  }));
}

function emptyMs(): number {
  const startedAt = performance.now();
  execFileSync(node, ['-e', '0']);
  return performance.now() - startedAt;
}

/** The app is `date`: it prints when it started. */
async function spawnMs(name: keyof typeof artefacts): Promise<number> {
  const [program, ...before] = artefacts[name];
  const listen = ['--port', `${await freePort()}`, '--log-level', 'fatal'];
  const args = [...before, 'serve', ...listen, '--no-probe', '--', 'date', '+%s.%N'];
  const startedAt = performance.timeOrigin + performance.now();
  const output = execFileSync(program, args, { encoding: 'utf8' });
  return Number(output.trim()) * 1000 - startedAt;
}
