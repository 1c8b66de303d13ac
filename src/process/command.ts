// What to run: words, placeholders in them, where the program is, and how it is shown to people.

import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, resolve } from 'node:path';

import { maskCredentials } from '../core/mask-credentials.ts';

export interface Placeholders {
  readonly host: string;
  readonly port: number | string | undefined;
  readonly socket: string | undefined;
}

/** Replaces `{port}`, `{host}` and `{socket}`, which a command without a shell could not expand. */
export function fillPlaceholders(words: readonly string[], values: Placeholders): string[] {
  return words.map((word) =>
    word.replaceAll(/\{(port|host|socket)\}/g, (placeholder, name: keyof Placeholders) =>
      String(values[name] ?? placeholder),
    ),
  );
}

/** One line that a shell would split into the same words; credentials in URLs are masked. */
export function displayCommand(words: readonly string[]): string {
  return maskCredentials(words.map(quote).join(' '));
}

function quote(word: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

export type Lookup =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'not-executable'; readonly path: string }
  /** A folder, most often. */
  | { readonly kind: 'no-file'; readonly path: string };

/** What execvp(3) searches when PATH is not set. */
const DEFAULT_PATH = '/bin:/usr/bin';

/** Where the program is, found as execvp(3) finds it: a word with a slash is a path, others are in PATH. */
export function findExecutable(
  word: string,
  { path = DEFAULT_PATH, cwd }: { readonly path: string | undefined; readonly cwd: string },
): Lookup {
  const folders = word.includes('/') ? [''] : path.split(delimiter);
  const misses: Lookup[] = [];
  for (const folder of folders) {
    const lookup = look(resolve(cwd, folder, word));
    if (lookup.kind === 'found') return lookup;
    misses.push(lookup);
  }
  return (
    misses.find(({ kind }) => kind === 'not-executable') ??
    misses.find(({ kind }) => kind === 'no-file') ?? { kind: 'missing' }
  );
}

function look(path: string): Lookup {
  try {
    // An error made for every folder of PATH would take longer than all the rest.
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { kind: 'missing' };
    if (!stats.isFile()) return { kind: 'no-file', path };
    accessSync(path, constants.X_OK);
    return { kind: 'found', path };
  } catch (error) {
    const refused = (error as NodeJS.ErrnoException).code === 'EACCES';
    return refused ? { kind: 'not-executable', path } : { kind: 'missing' };
  }
}

/**
 * The program that a command really runs: `nginx` for `env A=1 /docker-entrypoint.sh nginx -g …`,
 * `unicorn` for `bundle exec unicorn …`, `celery` for `python3 -m celery …`.
 */
export function programName(words: readonly string[]): string {
  const [first = '', ...args] = innermostCommand(words);
  const name = basename(first);
  return (/^(python|pypy)[\d.]*$/.test(name) ? pythonModule(args) : undefined) ?? name;
}

/** What remains behind all that becomes another program: as `innerCommand`, and `bundle exec`, too. */
export function innermostCommand(words: readonly string[]): readonly string[] {
  const inner = innerCommand(words);
  const [first = '', command, ...rest] = inner;
  const behind = rest.findIndex((word) => !word.startsWith('-'));
  const isBundled = /^bundler?[\d.]*$/.test(basename(first)) && command === 'exec' && behind >= 0;
  return isBundled ? innermostCommand(rest.slice(behind)) : inner;
}

/** `celery` for `-u -X dev -m celery …`; undefined when the interpreter's own flags name no module. */
function pythonModule([flag = '', ...rest]: readonly string[]): string | undefined {
  const module = /^-[bBdEiIOPqsSuvx]*m(.*)$/.exec(flag)?.[1];
  if (module !== undefined) return module === '' ? rest[0] : module;
  if (!/^-[^c]/.test(flag)) return undefined;
  const hasValue = /^-[WX]$/.test(flag);
  return pythonModule(rest.slice(hasValue ? 1 : 0));
}

/** What remains behind `env` with assignments, and behind the entrypoint scripts of official images. */
export function innerCommand(words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words;
  const name = basename(first);
  const inner = rest.findIndex((word) => !/^\w+=/.test(word));
  const wraps = name === 'env' || /entrypoint(\.sh)?$/.test(name);
  const next = rest[inner];
  if (!wraps || next === undefined || next.startsWith('-')) return words;
  return innerCommand(rest.slice(inner));
}
