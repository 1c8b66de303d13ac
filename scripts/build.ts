// Builds dist/: hurricane.js with the program that it starts, their package.json and schema, and the single
// executable `hurricane`.
//   --js-only  no single executable (what `npm start` needs)
//   --watch    rebuild the program on every change, and serve the example app with it

import { execFile, spawn } from 'node:child_process';
import { chmod, copyFile, glob, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

import {
  bundleLauncher,
  bundleLibrary,
  bundleProgram,
  lateLibraries,
  watchProgram,
} from './bundle.ts';
import { buildExecutable } from './executable.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

export const bundlePath = join(dist, 'hurricane.js');
export const executablePath = join(dist, 'hurricane');
const parts = { program: join(dist, 'program.js'), cache: join(dist, 'program.cache') };
const libraryPath = (name: string): string => join(dist, `program.${name}.js`);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

/** Builds dist/hurricane.js and the files that are published with it. */
export async function buildBundle(): Promise<void> {
  const manifest = await readManifest();
  await mkdir(dist, { recursive: true });
  await bundleProgram({ root, outfile: parts.program, version: manifest.version });
  for (const name of lateLibraries) {
    await bundleLibrary(name, { root, outfile: libraryPath(name) });
  }
  await compileProgram();
  await writeJson('package.json', publishedManifest(manifest));
  await publishTypes();
  await writeJson('hurricane.schema.json', await configurationSchema());
  // The last: whether all are up to date is seen by its time.
  await bundleLauncher({ root, outfile: bundlePath });
  await chmod(bundlePath, 0o755);
}

async function buildSingle(): Promise<void> {
  const contained = [...Object.values(parts), ...lateLibraries.map(libraryPath)];
  await buildExecutable(bundlePath, contained, executablePath);
}

/** In a process of its own, since it runs the program to its end; nothing of this environment has a say. */
async function compileProgram(): Promise<void> {
  const flags = ['--disable-warning=ExperimentalWarning', '--experimental-ffi'];
  const compile = [join(root, 'scripts/compile.ts'), parts.program, parts.cache];
  const env = { PATH: process.env['PATH'] };
  await promisify(execFile)(process.execPath, [...flags, ...compile], { cwd: dist, env });
}

/** What the author of a handler imports: types alone, so that the source is the declaration, and nothing to run. */
async function publishTypes(): Promise<void> {
  await copyFile(join(root, 'src/amqp/message.ts'), join(dist, 'index.d.ts'));
  await writeFile(join(dist, 'index.js'), 'export {};\n');
}

/** True when the artefact is missing or older than a file it is made of. */
export async function isStale(artefact: string): Promise<boolean> {
  const built = await modifiedAt(artefact);
  if (built === undefined) return true;
  for await (const file of glob(['src/**/*.ts', 'scripts/*.ts', 'package-lock.json'], {
    cwd: root,
  })) {
    if (((await modifiedAt(join(root, file))) ?? 0) > built) return true;
  }
  return false;
}

/** Builds those artefacts that are stale. */
export async function buildStale(): Promise<void> {
  if (await isStale(bundlePath)) await buildBundle();
  if (await isStale(executablePath)) await buildSingle();
}

async function configurationSchema(): Promise<unknown> {
  const { configurationSchema } = await import('../src/config/json-schema.ts');
  return configurationSchema();
}

async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
}

/** What npm publishes: one program without dependencies. */
function publishedManifest({ name, version, description, license }: Manifest): object {
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    engines: { node: '>=26' },
    bin: { hurricane: './hurricane.js' },
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './schema.json': './hurricane.schema.json',
      './package.json': './package.json',
    },
    files: ['hurricane.js', 'program.*', 'index.*', 'hurricane.schema.json'],
  };
}

async function writeJson(name: string, value: unknown): Promise<void> {
  await writeFile(join(dist, name), `${JSON.stringify(value, null, 2)}\n`);
}

async function modifiedAt(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

/** Node's own watcher starts hurricane again whenever the program has changed. */
async function watch(): Promise<void> {
  const { version } = await readManifest();
  await watchProgram({ root, outfile: parts.program, version });
  const app = ['node', join(root, 'examples/node/app.js')];
  const watching = ['--watch-path', parts.program, bundlePath];
  spawn(process.execPath, [...watching, 'serve', '--', ...app], { stdio: 'inherit' });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { 'js-only': { type: 'boolean' }, watch: { type: 'boolean' } },
  });
  await buildBundle();
  if (values.watch) return watch();
  if (!values['js-only']) await buildSingle();
}

if (import.meta.main) await main();
