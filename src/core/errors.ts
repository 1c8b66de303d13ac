// The catalogue of what stops the program: one row per code with its exit code and what to do.

interface CatalogueRow {
  readonly exitCode: number;
  readonly hint?: string;
}

/** Exit codes follow sysexits.h; the whole table is in docs/reference.md. */
export const catalogue = {
  usage: { exitCode: 64, hint: 'run `hurricane --help`' },
  'invalid-configuration': { exitCode: 78 },
  'module-not-loadable': { exitCode: 66 },
  'port-taken': { exitCode: 69 },
  'dependency-unavailable': { exitCode: 75 },
  'startup-command-failed': { exitCode: 75 },
  'app-not-up': { exitCode: 75 },
  'permission-refused': { exitCode: 77 },
  bug: { exitCode: 70, hint: 'this is a bug of hurricane: please report it with this log' },
  'app-not-executable': { exitCode: 126 },
  'app-not-found': { exitCode: 127 },
} as const satisfies Record<string, CatalogueRow>;

export type ErrorCode = keyof typeof catalogue;

/** What stops the program, with the sentence for its user: what, where it came from, what to do. */
export class HurricaneError extends Error {
  override readonly name = 'HurricaneError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** The last output of what failed; the `traceback` of webhooks. */
  readonly output: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    details: { hint?: string; output?: string; cause?: unknown } = {},
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    const row: CatalogueRow = catalogue[code];
    this.code = code;
    this.hint = details.hint ?? row.hint;
    this.output = details.output;
  }

  get exitCode(): number {
    return catalogue[this.code].exitCode;
  }
}
