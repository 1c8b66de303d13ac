// Builds dist/image/, the context of the Dockerfile: the single executable with its own loader and libraries
// beside it, which runs in every image, a `scratch` one included, from its one place there.

import { execFile } from 'node:child_process';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

import { IMAGE_HOME } from '../src/core/image-home.ts';
import { buildStale, executablePath } from './build.ts';
import { copyLicences } from './licences.ts';
import { isInstalled } from './setup-tests.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
export const imageFolder = join(dist, 'image');

const run = promisify(execFile);

/** Builds the folder, and before it the executable where that is stale. */
export async function buildImage(): Promise<void> {
  await buildStale();
  const work = join(dist, 'image-build');
  await rm(work, { recursive: true, force: true });
  const home = join(work, IMAGE_HOME);
  await mkdir(join(home, 'lib'), { recursive: true });
  const files = await librariesOf(executablePath);
  for (const file of files) await copyFile(file, join(home, 'lib', basename(file)));
  await relocate(join(home, 'hurricane'));
  await copyLicences({ root, libraries: files, folder: join(home, 'licences') });
  await rm(imageFolder, { recursive: true, force: true });
  await rename(work, imageFolder);
}

/** The loader and every library that the executable is started with, as this system finds them. */
async function librariesOf(executable: string): Promise<string[]> {
  const { stdout } = await run('ldd', [executable]);
  const found = [...stdout.matchAll(/^\t(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, path = '']) => path);
  const missing = /^\t(\S+) => not found/m.exec(stdout);
  if (missing) throw new Error(`${missing[1] ?? ''}, which ${executable} needs, is not installed`);
  return found;
}

async function relocate(target: string): Promise<void> {
  await copyFile(executablePath, target);
  const { stdout } = await run('patchelf', ['--print-interpreter', target]);
  const loader = `${IMAGE_HOME}/lib/${basename(stdout.trim())}`;
  // An rpath in the old sense also comes before LD_LIBRARY_PATH, which is set for the app and not for us.
  // Where /proc is not mounted, $ORIGIN is nowhere.
  const rpath = `$ORIGIN/lib:${IMAGE_HOME}/lib`;
  await run('patchelf', [
    '--set-interpreter',
    loader,
    '--force-rpath',
    '--set-rpath',
    rpath,
    target,
  ]);
}

/** What is missing, as one sentence. */
export function missingPrograms(): string | undefined {
  const packages = { strip: 'binutils', patchelf: 'patchelf', 'dpkg-query': 'dpkg' };
  const missing = Object.entries(packages).filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return undefined;
  const programs = missing.map(([program]) => program).join(', ');
  const install = missing.map(([, name]) => name).join(' ');
  return `The image needs ${programs}. On Debian: sudo apt-get install ${install}`;
}

async function main(): Promise<number> {
  const missing = missingPrograms();
  if (missing !== undefined) {
    console.error(missing);
    return 1;
  }
  await buildImage();
  console.log('dist/image/ is ready. Next: docker build --tag hurricane .');
  return 0;
}

if (import.meta.main) process.exitCode = await main();
