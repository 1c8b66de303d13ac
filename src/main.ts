// The edge: argv, environment, streams and signals in, exit code out. The only one who knows `process`.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isatty } from 'node:tty';

import type { CliEdge } from './cli/command.ts';
import { run } from './cli/cli.ts';
import { reportError } from './cli/report.ts';
import { flagForLibc } from './process/libc.ts';
import { catalogue } from './core/errors.ts';
import { RELAYED_SIGNALS, STOP_SIGNALS } from './process/signals.ts';

/** Put in by the bundler. */
declare const VERSION: string | undefined;

const { argv, execArgv, execPath } = process;
/** Read once: each look into the real one goes to the system, and the options take hundreds. */
const env = { ...process.env };
/** What may be PID 1, and reaps. */
const running = ['serve', 'worker', 'consume', 'prepare'];

if (running.includes(argv[2] ?? '')) {
  const flag = flagForLibc([...execArgv, ...(env['NODE_OPTIONS'] ?? '').split(/\s+/)]);
  // An older Node 26 wants to be told: the same process begins anew with the flag.
  if (flag !== undefined) {
    process.execve?.(execPath, [execPath, ...execArgv, flag, ...argv.slice(1)], env);
  }
}

const isTerminal = isatty(1);

const edge: CliEdge = {
  env,
  cwd: process.cwd(),
  pid: process.pid,
  version: typeof VERSION === 'string' ? VERSION : 'from source',
  stdout: { fd: 1, isTerminal, color: isTerminal && (env['NO_COLOR'] ?? '') === '' },
  executable: execPath,
  columns: isTerminal ? process.stdout.columns : 80,
  readFile: (path) => readFileSync(path, 'utf8'),
  writeNewFile: (path, text) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
  },
  random: Math.random,
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
  onSignal: (listener) => {
    for (const name of [...STOP_SIGNALS, ...RELAYED_SIGNALS]) process.on(name, listener);
  },
  onChildEnded: (listener) => process.on('SIGCHLD', listener),
  privately: (act) => {
    const before = process.umask(0o177);
    try {
      act();
    } finally {
      process.umask(before);
    }
  },
  onBug: (listener) => {
    onBug = listener;
  },
};

let onBug = (error: Error): void => process.exit(reportError(error, edge));
// Node turns a rejection that nobody handles into this too.
process.on('uncaughtException', (error) => onBug(error));

// Were there ever nothing left to wait for before the end, it must not look like a success.
process.exitCode = catalogue.bug.exitCode;
void run(argv.slice(2), edge).then((code) => process.exit(code));
