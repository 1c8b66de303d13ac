// Copies a folder over another that may hold an older copy, and may be in use.

import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, relative } from 'node:path';

export interface Replaced {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Puts every file of `source` below `target`, which is made when it is missing; what else is there stays.
 * Nothing is replaced before all are copied, none is ever there in part, and those at the top come last.
 * Anybody may read them, whatever the umask. What a copy that was killed has left goes. Rejects as `fs` does.
 */
export async function replaceFiles(source: string, target: string): Promise<Replaced> {
  await makeFolder(target);
  const staging = await mkdtemp(join(target, ownPrefix()));
  try {
    await removeLeftovers(target, staging);
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

const PREFIX = '.copying-';
/** No copy takes so long. */
const STALE_MS = 3_600_000;

/** Of this host, which in a pod is the pod: it copies once at a time, and again after it was killed. */
function ownPrefix(): string {
  return `${PREFIX}${hostname()}@`;
}

/** Those of other hosts, which may be at work, go only when they are old: by the clock of the volume. */
async function removeLeftovers(target: string, staging: string): Promise<void> {
  const { mtimeMs: now } = await stat(staging);
  for (const name of await readdir(target)) {
    const path = join(target, name);
    if (!name.startsWith(PREFIX) || path === staging) continue;
    try {
      const isOver = name.startsWith(ownPrefix()) || now - (await stat(path)).mtimeMs > STALE_MS;
      if (isOver) await rm(path, { recursive: true });
    } catch {
      // Another copy has removed it, or it is another user's: it is in nobody's way.
    }
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
