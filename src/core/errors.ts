// The catalogue of what stops the program: one row per code with its exit code and what to do.

interface CatalogueRow {
  readonly exitCode: number;
  /** For the reference page. */
  readonly meaning: string;
  readonly hint?: string;
  /** What the startup webhook says; `failed` unless said otherwise. */
  readonly startup?: 'warning';
}

/** Exit codes follow sysexits.h; the whole table is in docs/reference.md. */
export const catalogue = {
  usage: {
    exitCode: 64,
    meaning: 'wrong flags; also when flags and other configuration are wrong',
    hint: 'run `hurricane --help`',
  },
  'invalid-configuration': {
    exitCode: 78,
    meaning: 'the configuration file or the environment is wrong',
  },
  'topology-mismatch': {
    exitCode: 65,
    meaning: 'consume: a queue or exchange exists with other properties',
  },
  'message-not-kept': {
    exitCode: 65,
    meaning: 'consume: the broker refuses what would keep a failed message',
  },
  'module-not-loadable': {
    exitCode: 66,
    meaning: 'the module of a check, a handler, custom metrics or a webhook type cannot be loaded',
  },
  'handler-not-usable': {
    exitCode: 66,
    meaning: 'consume: the program that handles messages ended before it was ready',
  },
  'port-taken': { exitCode: 69, meaning: 'a port or address cannot be listened on' },
  'no-hurricane': { exitCode: 69, meaning: 'ctl: no hurricane answers on the control socket' },
  'broker-unavailable': {
    exitCode: 69,
    meaning: 'consume: the broker is not there, with --no-reconnect',
  },
  'queue-missing': { exitCode: 69, meaning: 'consume: a queue is not there, with --missing fail' },
  'not-installed': {
    exitCode: 73,
    meaning: 'install: the folder cannot hold a copy, or this hurricane is not one for images',
  },
  'dependency-unavailable': {
    exitCode: 75,
    meaning: 'something in wait-for was not there within wait-timeout',
  },
  'startup-command-failed': { exitCode: 75, meaning: 'a startup command failed' },
  'migrations-pending': {
    exitCode: 75,
    meaning: 'migrations were still pending at the end of gate-timeout',
    startup: 'warning',
  },
  'migrations-unknown': {
    exitCode: 75,
    meaning:
      'check-migrations had not said at the end of gate-timeout whether migrations are pending',
    startup: 'warning',
  },
  'app-not-up': { exitCode: 75, meaning: 'the app was not up within app-start-timeout' },
  'permission-refused': {
    exitCode: 77,
    meaning:
      'the system does not permit it, such as a port below 1024, or the control socket of another user; ' +
      'consume: the broker does not, or cannot be trusted',
  },
  bug: {
    exitCode: 70,
    meaning: 'a bug of hurricane',
    hint: 'this is a bug of hurricane: please report it with this log',
  },
  'app-not-executable': {
    exitCode: 126,
    meaning: 'the command of the app or the handler is not executable',
  },
  'app-not-found': {
    exitCode: 127,
    meaning: 'the command of the app or the handler was not found',
  },
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

  /** What is told of a start that it has stopped. */
  get startup(): 'failed' | 'warning' {
    const row: CatalogueRow = catalogue[this.code];
    return row.startup ?? 'failed';
  }

  get exitCode(): number {
    return catalogue[this.code].exitCode;
  }
}
