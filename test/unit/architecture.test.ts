import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, normalize } from 'node:path';
import { test } from 'node:test';

/** Who may import whom: only downwards. Those of one tier do not know each other. */
const tiers: readonly (readonly string[])[] = [
  ['lib'],
  ['core'],
  ['config', 'metrics'],
  ['process', 'http'],
  [
    ...['proxy', 'probes', 'checks', 'startup', 'webhooks', 'custom-metrics', 'control', 'amqp'],
    ...['files', 'reload', 'debug'],
  ],
  ['app'],
  ['cli'],
  ['main.ts'],
  ['launcher.ts'],
  ['index.ts'],
];

/** From here up the configuration is known by its types only: values come in as parameters. */
const CONFIG_AS_TYPES_FROM = 3;
const mayLoadConfig = ['cli'];

/** A package is imported by one file or one folder, so that it can be replaced in one place. */
const packages: Readonly<Record<string, string>> = {
  execa: 'process/spawn.ts',
  'http-proxy': 'proxy/forward.ts',
  amqplib: 'amqp/amqp-091.ts',
  'rhea-promise': 'amqp/rhea/',
  'yargs-parser': 'cli/cli.ts',
  pino: 'core/log.ts',
  'prom-client': 'metrics/registry.ts',
  yaml: 'config/file-layer.ts',
  shlex: 'config/words.ts',
  ms: 'config/parsers.ts',
  send: 'files/static-files.ts',
  negotiator: 'files/encodings.ts',
  chokidar: 'reload/watcher.ts',
  esbuild: '../scripts/bundle.ts',
  typescript: '../scripts/events-markdown.ts',
};

/** What only one file may take of Node itself. */
const guarded: Readonly<Record<string, string>> = {
  // Whoever starts a program elsewhere, by child_process, would have its status taken by the reaper.
  'node:child_process': 'process/spawn.ts',
  'node:ffi': 'process/libc.ts',
};

interface Import {
  readonly from: string;
  /** A path below src/, or the name of a package. */
  readonly to: string;
  readonly isPackage: boolean;
  readonly typeOnly: boolean;
}

const root = join(import.meta.dirname, '../../src');
const files = [
  ...globSync('**/*.ts', { cwd: root }),
  ...globSync('../scripts/**/*.ts', { cwd: root }),
];
const imports = files.flatMap(importsOf);
const ownImports = imports.filter(({ isPackage }) => !isPackage);

function importsOf(from: string): Import[] {
  const text = readFileSync(join(root, from), 'utf8');
  const statements =
    /^(?:import|export)\s+(type\s)?(?:[^;'"]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...text.matchAll(statements)]
    .map(([, type, fixed, lazy]) => ({ typeOnly: type !== undefined, to: fixed ?? lazy ?? '' }))
    .filter(({ to }) => !isBuiltin(to))
    .map(({ to, typeOnly }) => {
      const isPackage = !to.startsWith('.');
      return {
        from,
        to: isPackage ? packageOf(to) : pathInSource(from, to),
        isPackage,
        typeOnly,
      };
    });
}

/** Paths are relative to src/; those of scripts begin with `../`. */
function pathInSource(from: string, to: string): string {
  return normalize(join(from, '..', to)).replace(/^\.\.\/src\//, '');
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The folder of a file, or the file itself when it lies at the top. */
const part = (file: string): string => file.split('/')[0] ?? file;
const tierOf = (file: string): number => tiers.findIndex((tier) => tier.includes(part(file)));
const inSource = (file: string): boolean => !file.startsWith('..');

function complaint({ from, to, typeOnly }: Import): string | undefined {
  const [above, below] = [tierOf(from), tierOf(to)];
  const say = (why: string): string => `src/${from} imports src/${to}: ${why}`;
  if (part(from) === part(to)) return undefined;
  if (below > above) return say(`${part(to)} stands above ${part(from)}`);
  if (below === above) return say('siblings do not know each other');
  const asValue = part(to) === 'config' && !typeOnly && above >= CONFIG_AS_TYPES_FROM;
  if (asValue && !mayLoadConfig.includes(part(from)))
    return say('config is known by its types only');
  return undefined;
}

test('every file of src stands in a tier', () => {
  const strangers = files.filter((file) => inSource(file) && tierOf(file) === -1);
  assert.deepEqual(strangers, []);
});

test('a wrong import is refused with a sentence that says why', () => {
  const judge = (from: string, to: string, typeOnly = false): string | undefined =>
    complaint({ from, to, typeOnly, isPackage: false });
  assert.equal(
    judge('probes/readiness.ts', 'proxy/proxy.ts', true),
    'src/probes/readiness.ts imports src/proxy/proxy.ts: siblings do not know each other',
  );
  assert.match(judge('core/log.ts', 'app/run.ts') ?? '', /app stands above core/);
  assert.match(judge('proxy/proxy.ts', 'config/config.ts') ?? '', /by its types only/);
  assert.equal(judge('proxy/proxy.ts', 'config/config.ts', true), undefined);
});

test('imports point downwards, and siblings do not know each other', () => {
  const complaints = ownImports
    .filter(({ from }) => inSource(from))
    .flatMap((each) => complaint(each) ?? []);
  assert.deepEqual(complaints, []);
});

test('a package is imported by the one file that may, or the one folder', () => {
  const mayImport = (from: string, place = ''): boolean =>
    place.endsWith('/') ? from.startsWith(place) : from === place;
  const foreign = imports.filter(
    ({ isPackage, from, to }) => isPackage && !mayImport(from, packages[to]),
  );
  // The benchmarks compare with the bare packages, and the demo publishes as anybody would; the page of the chart
  // is made of the comments of its values.
  const allowed = (from: string): boolean =>
    /^..\/scripts\/(bench|demo-consume|chart-values)/.test(from);
  assert.deepEqual(
    foreign
      .filter(({ from }) => !allowed(from))
      .map(({ from, to }) => `src/${from} imports ${to}: only src/${packages[to] ?? '?'} may`),
    [],
  );
});

test('a guarded module of Node is named by the one file that may', () => {
  const foreign = files.filter(inSource).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const names = Object.keys(guarded).filter((name) => text.includes(`'${name}'`));
    return names.filter((name) => guarded[name] !== file).map((name) => `src/${file} uses ${name}`);
  });
  assert.deepEqual(foreign, []);
});

test('the table of packages names only what is imported', () => {
  const used = new Set(imports.filter(({ isPackage }) => isPackage).map(({ to }) => to));
  assert.deepEqual(
    Object.keys(packages).filter((name) => !used.has(name)),
    [],
  );
});

test('no file imports itself by a detour', () => {
  assert.deepEqual(cycles(), []);
});

test('every file of src is reached from where a process begins or from a script', () => {
  const reached = new Set([
    'main.ts',
    'launcher.ts',
    'index.ts',
    ...files.filter((file) => !inSource(file)),
  ]);
  for (const file of reached) {
    for (const { from, to } of ownImports) if (from === file) reached.add(to);
  }
  const unused = files.filter(
    (file) => inSource(file) && !file.endsWith('.d.ts') && !reached.has(file),
  );
  assert.deepEqual(unused, []);
});

/** Each cycle once, as a sentence. Imports of types vanish and cannot close one. */
function cycles(): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (path.includes(file) || done.has(file)) return;
    for (const { from, to, typeOnly } of ownImports) {
      if (from === file && !typeOnly) visit(to, [...path, file]);
    }
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return found;
}
