// Copies a folder over another that may hold an older copy, and may be in use.

import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

export interface Replaced {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Puts every file of `source` below `target`, which is made when it is missing; what else is there stays.
 * Nothing is replaced before all are copied, none is ever there in part, and those at the top come last.
 * Anybody may read them, whatever the umask. Rejects as `fs` does.
 */
export async function replaceFiles(source: string, target: string): Promise<Replaced> {
  await makeFolder(target);
  const staging = await mkdtemp(join(target, '.copying-'));
  try {
    const names = await filesIn(source);
    let bytes = 0;
    for (const name of names) bytes += await copy(join(source, name), join(staging, name));
    for (const name of names) {
      await makeFolder(dirname(join(target, name)));
      await rename(join(staging, name), join(target, name));
    }
    return { files: names.length, bytes };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Their paths below the folder, the deepest first. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const depth = (path: string): number => path.split('/').length;
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort((a, b) => depth(b) - depth(a));
}

/** Resolves with the size. */
async function copy(from: string, to: string): Promise<number> {
  await makeFolder(dirname(to));
  await copyFile(from, to);
  const { mode, size } = await stat(from);
  await chmod(to, (mode & 0o111) === 0 ? 0o644 : 0o755);
  return size;
}

/** Step by step: where nothing may be written, Node's recursive `mkdir` says that something is missing. */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path);
  await chmod(path, 0o755);
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false, // not there; what is the matter, making it will say
  );
}
