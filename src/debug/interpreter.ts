// The interpreter of a script: `gunicorn` is Python, as its first line says.

import { closeSync, openSync, readSync } from 'node:fs';

import { findExecutable, innerCommand } from '../process/command.ts';
import type { SpawnSpec } from '../process/spawn.ts';

/** The longest first line that Linux reads. */
const FIRST_LINE_BYTES = 256;

/** `/usr/bin/python3 /usr/bin/gunicorn app:app` for `gunicorn app:app`; the same words for a binary. */
export function withInterpreter({ words, env, cwd }: SpawnSpec): readonly string[] {
  const inner = innerCommand(words);
  const [word = '', ...args] = inner;
  const lookup = findExecutable(word, { path: env['PATH'], cwd });
  if (lookup.kind !== 'found') return words;
  const interpreter = interpreterOf(readHead(lookup.path));
  if (interpreter.length === 0) return words;
  const before = words.slice(0, words.length - inner.length);
  return [...before, ...interpreter, lookup.path, ...args];
}

/** The words of a `#!` line, without `env`; none when there is no such line. */
export function interpreterOf(head: string): readonly string[] {
  const [, line = ''] = /^#!\s*(.*)/.exec(head) ?? [];
  const [program = '', ...rest] = line.trim().split(/\s+/);
  if (!/(^|\/)env$/.test(program)) return program === '' ? [] : [program, ...rest];
  return rest[0] === '-S' ? rest.slice(1) : rest;
}

function readHead(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const head = Buffer.alloc(FIRST_LINE_BYTES);
      return head.toString('latin1', 0, readSync(file, head));
    } finally {
      closeSync(file);
    }
  } catch {
    return ''; // may be executed and not read
  }
}
