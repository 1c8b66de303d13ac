// Which files are somebody's source: those that globs name, or all but what is never written by hand. Pure.

import { matchesGlob, relative, resolve, sep } from 'node:path';

export interface Sources {
  /** Where they are: folders, or files. */
  readonly bases: readonly string[];
  /** Not even looked into. */
  readonly ignores: (path: string) => boolean;
  readonly counts: (path: string) => boolean;
}

/** Installed, generated, or an editor's own. */
const foreign = /^(node_modules|__pycache__|\..*)$/;
/** What a program leaves behind while it runs. */
const leftBehind =
  /(~|\.(pyc|log|pid|sock|lock|tmp|swp|swx|db|sqlite3?)|\.(db|sqlite3?)-(journal|wal|shm))$/;

/** `globs` are relative to `cwd`; without any, all in it counts but for what is in `except`. */
export function sourcesOf(
  globs: readonly string[],
  cwd: string,
  except: readonly string[],
): Sources {
  if (globs.length === 0) return everything(cwd, except);
  const patterns = globs.map((glob) => patternOf(glob, cwd));
  const bases = [...new Set(patterns.map(({ base }) => base))];
  return {
    bases,
    ignores: (path) => bases.every((base) => !isIn(path, base) || hasForeign(base, path)),
    counts: (path) =>
      patterns.some(({ base, rest }) => {
        if (!isIn(path, base)) return false;
        return rest === '' || matchesGlob(relative(base, path), rest);
      }),
  };
}

function everything(cwd: string, except: readonly string[]): Sources {
  const folders = except.map((folder) => resolve(cwd, folder));
  const ignores = (path: string): boolean =>
    hasForeign(cwd, path) || folders.some((folder) => isIn(path, folder));
  return { bases: [cwd], ignores, counts: (path) => !leftBehind.test(path) };
}

/** The folder or file before the first part with a sign of a pattern, and what is left behind it. */
function patternOf(glob: string, cwd: string): { readonly base: string; readonly rest: string } {
  const parts = glob.split('/');
  const first = parts.findIndex((part) => /[*?[\]{}!()]/.test(part));
  const fixed = parts.slice(0, first === -1 ? undefined : first).join('/');
  // `/*.js` is in the root.
  const base = resolve(cwd, first > 0 && fixed === '' ? '/' : fixed);
  return { base, rest: first === -1 ? '' : parts.slice(first).join('/') };
}

/** The folder itself, or something in it. */
export function isIn(path: string, base: string): boolean {
  return path === base || path.startsWith(base.endsWith(sep) ? base : base + sep);
}

function hasForeign(base: string, path: string): boolean {
  return relative(base, path)
    .split(sep)
    .some((part) => part !== '..' && foreign.test(part));
}
