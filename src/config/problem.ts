// What is wrong with a configuration: what, where it came from, what to do.

import type { Layer } from './option.ts';

/** Where a value came from. `name` is what the user would look for: `--port`, `HURRICANE_PORT`. */
export interface Origin {
  readonly layer: Layer | 'default';
  readonly name: string;
}

export interface Problem {
  /** A whole sentence with its source and remedy; secrets are masked. */
  readonly message: string;
  /** A flag is to blame, not the file or the environment. */
  readonly usage: boolean;
}

export function problem(message: string, ...origins: readonly Origin[]): Problem {
  const sources = [...new Set(origins.map(({ name }) => name))].join(' and ');
  return {
    message: sources === '' ? message : `${message} (from ${sources})`,
    usage: origins.some(({ layer }) => layer === 'flag'),
  };
}

/** A fault of the command line itself. */
export function usageProblem(message: string): Problem {
  return { message, usage: true };
}

/** The exit code of the report: 64 when a flag is wrong, 78 when only file or environment are. */
export function codeOf(problems: readonly Problem[]): 'usage' | 'invalid-configuration' {
  return problems.some(({ usage }) => usage) ? 'usage' : 'invalid-configuration';
}
