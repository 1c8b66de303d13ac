// A command line, an environment and files as plain values: what the configuration is loaded from.

import type { LoadInput } from '../../src/config/load.ts';

interface Given {
  readonly flags?: Readonly<Record<string, string | readonly string[]>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly random?: number;
}

export function loadInput({ flags = {}, env = {}, files = {}, random = 0 }: Given): LoadInput {
  return {
    flags: new Map(Object.entries(flags).map(([name, texts]) => [name, [texts].flat()])),
    env,
    readFile: (path) => readFrom(files, path),
    random: () => random,
    appCommand: ['node', 'app.js'],
    problems: [],
  };
}

export function readFrom(files: Readonly<Record<string, string>>, path: string): string {
  const text = files[path];
  if (text === undefined)
    throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
  return text;
}
