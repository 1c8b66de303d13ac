// The examples of the documentation that are marked `run`, as they stand there: those of one page after the
// other, in a folder with the files of the page and the example app. Only the ports are others.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';

import { splitWords } from '../../src/config/words.ts';
import { artefactCommand } from '../helpers/artefacts.ts';
import { commandLines, examples, withoutComment, type Example } from '../helpers/doc-examples.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { usePort } from '../helpers/port.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const apps = ['node/app.js', 'python/app.py', 'shell/app.sh'];
const root = join(import.meta.dirname, '../..');

for (const page of new Set(examples.filter(isRun).map((example) => example.page))) {
  test(`the examples of ${page} do what they say [js]`, async (t) => {
    const own = examples.filter((example) => example.page === page);
    const desk = await setUp(t, own);
    for (const example of own.filter(isRun)) await runExample(t, example, desk);
  });
}

interface Desk {
  readonly folder: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
}

function isRun({ mark }: Example): boolean {
  return mark?.kind === 'run';
}

async function setUp(t: TestContext, own: readonly Example[]): Promise<Desk> {
  const folder = useTempDir(t);
  const port = await usePort();
  for (const app of apps) copyFileSync(join(root, 'examples', app), join(folder, basename(app)));
  for (const { file, text } of own) {
    if (file === undefined) continue;
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), `${withPorts(text, port)}\n`);
  }
  const words = artefactCommand(t, 'js').map((word) => `'${word}'`);
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/hurricane'), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
  chmodSync(join(folder, 'bin/hurricane'), 0o755);
  const env = {
    PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    HURRICANE_PORT: String(port),
    HURRICANE_PROBE_PORT: String(port + 1),
    HURRICANE_DRAIN_QUIET: '100ms',
    TMPDIR: folder,
  };
  return { folder, port, env };
}

/** Line by line; what serves goes on until the end of the example, and then ends in order. */
async function runExample(t: TestContext, { place, text }: Example, desk: Desk): Promise<void> {
  const serving: Hurricane[] = [];
  for (const line of commandLines(withPorts(text, desk.port))) {
    const command = withoutComment(line);
    if (/^hurricane (serve|worker) (?!.*--print-config)/.test(command)) {
      serving.push(await serve(t, command, desk));
      continue;
    }
    const [, code = '0'] = /\s# exit code (\d+)/.exec(line) ?? [];
    const { exitCode, output } = await runLine(command, desk);
    assert.equal(exitCode, Number(code), `${place}: ${command}\n${output}`);
  }
  for (const hurricane of serving) {
    hurricane.signal('SIGTERM');
    assert.deepEqual(await hurricane.exit, { code: 0, signal: null }, place);
  }
}

async function serve(t: TestContext, line: string, desk: Desk): Promise<Hurricane> {
  const words = splitWords(line);
  assert.ok('value' in words, line);
  const [, command, ...rest] = words.value;
  const ports = ['--probe-port', String(desk.port + 1)];
  const hurricane = await startHurricane(
    t,
    command === 'serve' ? ['--port', String(desk.port), ...ports, ...rest] : [...ports, ...rest],
    {
      ...{ artefact: 'js', cwd: desk.folder, env: desk.env, choosePorts: false },
      command: command === 'serve' ? 'serve' : 'worker',
    },
  );
  await hurricane.up();
  return hurricane;
}

async function runLine(line: string, { folder, env }: Desk) {
  const child = spawn('sh', ['-c', line], { cwd: folder, env, timeout: 30_000 });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { exitCode, output: stdout + stderr };
}

function withPorts(text: string, port: number): string {
  return text.replaceAll(/\b800([01])\b/g, (_, last: string) => String(port + Number(last)));
}
