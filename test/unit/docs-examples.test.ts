// Every example of the documentation is marked, and those marked `check` are what they seem to be.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

import { run } from '../../src/cli/cli.ts';
import { questions } from '../../src/cli/commands/ctl.ts';
import { configurationSchema } from '../../src/config/json-schema.ts';
import { loadCheckConfig, loadServeConfig } from '../../src/config/load.ts';
import { variablesOf } from '../../src/config/option.ts';
import { rows } from '../../src/config/options.ts';
import { splitWords } from '../../src/config/words.ts';
import {
  commandLines,
  examples,
  examplesIn,
  withoutComment,
  type Example,
} from '../helpers/doc-examples.ts';
import { FakeEdge } from '../helpers/fake-edge.ts';
import { loadInput } from '../helpers/load-input.ts';

const root = join(import.meta.dirname, '../..');
const isConfiguration = new Ajv2020({ allErrors: true, strictTypes: false }).compile(
  configurationSchema(),
);

suite('examples of the documentation', () => {
  test('are all marked as run, check or shown: why', () => {
    const unmarked = examples.filter(({ mark }) => mark === undefined);
    assert.deepEqual(
      unmarked.map(({ place }) => place),
      [],
    );
    assert.ok(examples.length > 10);
  });

  for (const { place, page, mark } of examples) {
    if (mark?.kind !== 'run-by') continue;
    test(`${place} is run by a test that reads the page`, () => {
      const path = join(root, mark.text);
      assert.ok(existsSync(path), `there is no ${mark.text}`);
      assert.ok(readFileSync(path, 'utf8').includes(page), `${mark.text} does not read ${page}`);
    });
  }

  for (const example of examples.filter(({ mark }) => mark?.kind === 'check')) {
    test(`${example.place} is valid`, () => checkExample(example));
  }

  test('an example without a mark, or with an unknown one, is noticed', () => {
    const page = [
      ...['```sh', 'true', '```', '```sh runs', 'true', '```', '```yaml shown', '```'],
      ...['- item', '  ```sh check', '  true', '  ```', '```text shown: a diagram', '```'],
    ].join('\n');
    const found = examplesIn('x.md', page);
    assert.deepEqual(
      found.map(({ mark }) => mark?.kind),
      [undefined, undefined, undefined, 'check', 'shown'],
    );
    assert.deepEqual([found[3]?.text, found[3]?.place], ['true', 'x.md:10']);
  });

  const wrong = [
    ['sh', 'hurricane serve --prot 80 -- app'],
    ['sh', 'hurricane ctl status now'],
    ['sh', 'echo nothing of ours'],
    ['yaml', 'prot: 80'],
    ['yaml', 'port: 80a'],
    [
      'yaml',
      'spec: { containers: [{ readinessProbe: { httpGet: { port: 8001, path: /redy } } }] }',
    ],
    [
      'yaml',
      'spec: { containers: [{ ports: [], livenessProbe: { httpGet: { port: p, path: /alive } } }] }',
    ],
    ['yaml', 'spec: { containers: [{ args: [serve, --prot, x, --, app] }] }'],
    ['yaml', 'spec: { containers: [{ env: [{ name: HURRICANE_PROT, value: "1" }] }] }'],
    ['json', '{'],
    ['dockerfile', 'ENTRYPOINT ["hurricane", "serve", "node", "app.js"]'],
    ['js', 'export default function ('],
    ['python', 'def x(:'],
    ['toml', ''],
  ] as const;
  for (const [language, text] of wrong) {
    test(`${language} is refused: ${text}`, async () => {
      await assert.rejects(checkExample({ language, text, place: 'x.md:1' }));
    });
  }
});

type Checked = Pick<Example, 'language' | 'text' | 'place'>;

const checkers: Readonly<Record<string, (text: string) => Promise<void> | void>> = {
  sh: checkShell,
  yaml: checkYaml,
  json: (text) => void JSON.parse(text),
  ndjson: (text) => text.split('\n').forEach((line) => void JSON.parse(line)),
  dockerfile: checkDockerfile,
  js: (text) => checkSyntax(process.execPath, ['--check', '--input-type=module', '-'], text),
  python: (text) =>
    checkSyntax('python3', ['-c', 'import ast,sys; ast.parse(sys.stdin.read())'], text),
};

async function checkExample({ language, text, place }: Checked): Promise<void> {
  const check = checkers[language] ?? assert.fail(`${place}: nobody can check ${language}`);
  await check(text);
}

async function checkShell(text: string): Promise<void> {
  const ours = commandLines(text).filter((line) => line.startsWith('hurricane '));
  assert.notEqual(ours.length, 0, 'no command of hurricane');
  for (const line of ours) {
    const words = splitWords(withoutComment(line));
    assert.ok('value' in words, line);
    await checkCommand(words.value.slice(1));
  }
}

/** The command line is right, and nothing is started: its configuration is only printed, or loaded. */
async function checkCommand([command = '', ...rest]: readonly string[]): Promise<void> {
  const edge = new FakeEdge();
  if (['serve', 'worker', 'consume', 'prepare'].includes(command)) {
    const code = await run([command, '--print-config', ...rest], edge);
    assert.equal(code, 0, edge.err);
    const needsApp = ['serve', 'worker'].includes(command) && !rest.includes('--print-config');
    assert.ok(!needsApp || rest.includes('--'), 'no app behind --');
    return;
  }
  if (command === 'ctl') {
    assert.deepEqual([rest.length, questions.some((word) => word === rest[0])], [1, true]);
    return;
  }
  if (command === 'check') {
    const flags = new Map(
      rest.flatMap((word, index) =>
        word.startsWith('--') ? [[word.slice(2), [rest[index + 1] ?? '']]] : [],
      ),
    );
    const { problems } = await loadCheckConfig({ ...loadInput({}), flags });
    assert.deepEqual(problems, []);
    return;
  }
  assert.equal(await run([command, ...rest], edge), 0, edge.err);
}

interface Container {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly [probe: string]: unknown;
}

/** Our own file, or a manifest of Kubernetes. */
async function checkYaml(text: string): Promise<void> {
  const content = parse(text) as Readonly<Record<string, unknown>>;
  const isManifest = ['apiVersion', 'kind', 'spec', 'containers'].some((key) => key in content);
  if (isManifest) {
    const containers = containersIn(content);
    for (const container of containers) await checkContainer(container);
    return;
  }
  assert.ok(isConfiguration(content), JSON.stringify(isConfiguration.errors));
  const { problems } = await loadServeConfig(loadInput({ files: { 'hurricane.yaml': text } }));
  assert.deepEqual(problems, []);
}

function containersIn(value: unknown): readonly Container[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'containers' ? (inner as Container[]) : containersIn(inner),
  );
}

const probePaths = { startupProbe: '/startup', readinessProbe: '/ready', livenessProbe: '/alive' };
const knownVariables = new Set(rows.flatMap((row) => variablesOf(row.name, row)));

async function checkContainer(container: Container): Promise<void> {
  const { command = [], args = [], env = [], ports = [] } = container;
  for (const [name, path] of Object.entries(probePaths)) {
    const { httpGet, exec } = (container[name] ?? {}) as {
      httpGet?: { port: string | number; path: string };
      exec?: { command: readonly string[] };
    };
    if (httpGet !== undefined) {
      assert.equal(httpGet.path, path);
      const names = [8001, ...ports.map((port) => port.name)];
      assert.ok(names.includes(httpGet.port), `no port ${httpGet.port}`);
    }
    if (exec !== undefined) assert.deepEqual(exec.command, ['hurricane', 'probe', path.slice(1)]);
  }
  for (const { name } of env) {
    if (name.startsWith('HURRICANE_')) assert.ok(knownVariables.has(name), name);
  }
  const words = [...command, ...args];
  if (words[0] === 'hurricane') await checkCommand(words.slice(1));
  else if (command.length === 0 && args.length > 0) await checkCommand(args);
}

async function checkDockerfile(text: string): Promise<void> {
  const lines = commandLines(text);
  const [, entry] = /^ENTRYPOINT (.*)$/m.exec(lines.join('\n')) ?? [];
  const [, rest = '[]'] = /^CMD (.*)$/m.exec(lines.join('\n')) ?? [];
  const words = [...(JSON.parse(entry ?? '') as string[]), ...(JSON.parse(rest) as string[])];
  assert.equal(words[0], 'hurricane');
  await checkCommand(words.slice(1));
}

function checkSyntax(program: string, args: readonly string[], input: string): void {
  const { status, stderr } = spawnSync(program, args, { input, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}
