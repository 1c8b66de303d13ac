// `npm start`: the example app behind hurricane, and what to try on it. Flags behind `--` are hurricane's:
// npm start -- --port 8080

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { buildBundle, bundlePath, isStale } from './build.ts';
import { forwardSignals } from './forward-signals.ts';

const app = join(import.meta.dirname, '../examples/node/app.js');
const PORT_TAKEN = 69;
const POLL_MS = 100;

const flags = process.argv.slice(2);
if (await isStale(bundlePath)) {
  console.log('building dist/hurricane.js');
  await buildBundle();
}
const config = readConfig();
// In a group of its own, so that a signal reaches it once, and through us.
const hurricane = spawn(process.execPath, [bundlePath, 'serve', ...flags, '--', 'node', app], {
  stdio: 'inherit',
  detached: true,
});
forwardSignals(hurricane);
const ended = once(hurricane, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
await Promise.race([explainWhenUp(), ended]);
const [code] = await ended;
if (code === PORT_TAKEN) console.error('\nTry another port: npm start -- --port 8080\n');
process.exit(code ?? 1);

type Config = Record<string, { readonly values: readonly string[] } | undefined>;

/** What hurricane makes of flags, file and environment. When they are wrong, its sentences end us. */
function readConfig(): Config {
  const args = ['serve', ...flags, '--print-config', '--log-format', 'json'];
  const { status, stdout } = spawnSync(process.execPath, [bundlePath, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout) as Config;
}

async function explainWhenUp(): Promise<void> {
  const valueOf = (name: string): string => config[name]?.values[0] ?? '';
  const isOn = (name: string): boolean => valueOf(name) === 'true';
  const url = `http://localhost:${valueOf('port')}`;
  const probes = `http://localhost:${valueOf('probe-port')}`;
  while (!(await answers(isOn('no-probe') ? url : `${probes}${valueOf('startup-probe')}`))) {
    if (hurricane.exitCode !== null) return;
    await sleep(POLL_MS);
  }
  const lines = [
    ['the app', `curl -i ${url}/`],
    ['a slow answer', `curl '${url}/slow?ms=5000'`],
    ['a stream of events', `curl -N '${url}/stream?n=20'`],
  ];
  if (!isOn('no-probe')) {
    lines.push(['readiness', `curl -i ${probes}${valueOf('readiness-probe')}`]);
    lines.push(['liveness', `curl -i ${probes}${valueOf('liveness-probe')}`]);
    if (!isOn('no-metrics')) lines.push(['metrics', `curl ${probes}${valueOf('metrics')}`]);
  }
  const rows = lines.map(([what = '', command = '']) => `  ${what.padEnd(20)}${command}`);
  console.log(
    `\n${relative(process.cwd(), app)} is served. In another terminal, try:\n\n${rows.join('\n')}\n\n` +
      'Ask for the slow answer, and press Ctrl-C to see it drain.\n',
  );
}

async function answers(url: string): Promise<boolean> {
  try {
    const { ok } = await fetch(url, { headers: { connection: 'close' } });
    return ok;
  } catch {
    return false; // nobody listens yet
  }
}
