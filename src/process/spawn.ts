// Starts a program in its own session and process group, without a shell. The only importer of execa.

import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

import { execa } from 'execa';

import type { ExitStatus } from '../core/exit-status.ts';
import { Awaited } from './awaited.ts';
import { findExecutable } from './command.ts';
import { ProcessGroup } from './group.ts';

export interface SpawnSpec {
  /** The program and its arguments, exactly as it gets them. */
  readonly words: readonly string[];
  /** The whole environment: nothing of ours is added. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface Running {
  /** Undefined when it could not be started; `ended` says why. */
  readonly pid: number | undefined;
  readonly group: ProcessGroup | undefined;
  /** How the program itself ended, as soon as it has; others of its group may still run. Never rejects. */
  readonly ended: Promise<ExitStatus>;
  /** Undefined unless piped. */
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
}

const inputs = { inherit: 'inherit', pipe: 'ignore', converse: 'pipe' } as const;

/**
 * `inherit` gives it our own stdin, stdout and stderr; `pipe` gives it no input; `converse` is written to as
 * well. Never throws.
 */
export function spawnProcess(spec: SpawnSpec, stdio: keyof typeof inputs): Running {
  const [file = '', ...args] = spec.words;
  const subprocess = execa(file, args, {
    cwd: spec.cwd,
    env: definedOnly(spec.env),
    extendEnv: false,
    stdin: inputs[stdio],
    stdout: stdio === 'inherit' ? 'inherit' : 'pipe',
    stderr: stdio === 'inherit' ? 'inherit' : 'pipe',
    detached: true,
    // Its group is killed by ProcessGroup, with all members and not only the leader.
    cleanup: false,
    buffer: false,
    encoding: 'buffer',
    reject: false,
  });
  const { pid } = subprocess;
  const ended = Promise.withResolvers<ExitStatus>();
  onExit(subprocess.nodeChildProcess, ended.resolve);
  // Decides only when it did not start; else it comes later, when all pipes are closed.
  void subprocess.then(({ code }) => ended.resolve(notStarted(spec, code)));
  return {
    pid,
    group: pid === undefined ? undefined : new ProcessGroup(pid),
    ended: ended.promise,
    stdin: subprocess.stdin ?? undefined,
    stdout: subprocess.stdout ?? undefined,
    stderr: subprocess.stderr ?? undefined,
  };
}

const awaited = new Awaited();

/** True for a process whose status Node will take and tell: nobody else may take it. */
export function isAwaited(pid: number): boolean {
  return awaited.has(pid);
}

function onExit(child: ChildProcess, tell: (status: ExitStatus) => void): void {
  const { pid } = child;
  if (pid !== undefined) awaited.add(pid, child);
  child.once('exit', (code, signal) => {
    if (pid !== undefined) awaited.remove(pid, child);
    if (signal !== null) tell({ kind: 'signalled', signal });
    else tell({ kind: 'exited', code: code ?? 0 });
  });
}

function notStarted(spec: SpawnSpec, errno: string | undefined): ExitStatus {
  const [word = ''] = spec.words;
  if (errno !== 'ENOENT') {
    const reason =
      errno === 'EACCES' ? `${word} is not executable` : `${word}: ${errno ?? 'unknown error'}`;
    return { kind: 'not-started', code: 126, reason };
  }
  const found = findExecutable(word, { path: spec.env['PATH'], cwd: spec.cwd });
  const reason =
    found.kind === 'missing'
      ? `${word} was not found${word.includes('/') ? '' : ' in PATH'}`
      : `the interpreter that ${word} needs, or the folder ${spec.cwd}, was not found`;
  return { kind: 'not-started', code: 127, reason };
}

function definedOnly(env: SpawnSpec['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
