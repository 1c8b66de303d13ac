// The C library, through node:ffi, which no other file knows. Here is only what Node itself cannot do.
// It needs our own process object to get at the module, and to keep its warning from users.

import type * as ffi from 'node:ffi';
import { isBuiltin } from 'node:module';
import process from 'node:process';

/** Calls that never block and never throw. Children are those of the thread that calls. */
export interface Libc {
  /** Orphans below us become children of our main thread, whoever is PID 1. False when refused. */
  adoptOrphans(): boolean;
  /** True when the child has ended and nobody has taken its status, which stays where it is. */
  hasEnded(pid: number): boolean;
  /** Takes the status of a child that has ended. False when there is none to take. */
  reap(pid: number): boolean;
}

export type LoadedLibc =
  | { readonly kind: 'loaded'; readonly libc: Libc }
  | { readonly kind: 'missing'; readonly reason: string };

/** From linux/wait.h and linux/prctl.h; the same on every architecture. */
const P_PID = 1;
const WNOHANG = 0x00000001;
const WEXITED = 0x00000004;
const WNOWAIT = 0x01000000;
/** Spares the children of other threads: those of user modules are waited for by their own event loop. */
const __WNOTHREAD = 0x20000000;
const PR_SET_CHILD_SUBREAPER = 36;

/** Larger than a siginfo_t, whose first number is the signal: 0 when nothing was found. */
const SIGINFO_BYTES = 128;

const signatures = {
  prctl: { arguments: ['i32', 'u64', 'u64', 'u64', 'u64'], return: 'i32' },
  waitid: { arguments: ['i32', 'u32', 'pointer', 'i32'], return: 'i32' },
  waitpid: { arguments: ['i32', 'pointer', 'i32'], return: 'i32' },
} as const;

/** Costs about 3 ms and 150 KB: nothing that a start should wait for. Never throws. */
export function loadLibc(): LoadedLibc {
  try {
    const loaded = loadQuietly();
    if (loaded === undefined) return { kind: 'missing', reason: 'this Node has no node:ffi' };
    // Null is the program itself, which has the C library in it, be it glibc or musl.
    const { functions } = loaded.dlopen(null, signatures);
    const info = new Int32Array(SIGINFO_BYTES / Int32Array.BYTES_PER_ELEMENT);
    return {
      kind: 'loaded',
      libc: {
        adoptOrphans: () => functions.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) === 0,
        hasEnded(pid) {
          info[0] = 0;
          const flags = WEXITED | WNOHANG | WNOWAIT | __WNOTHREAD;
          return functions.waitid(P_PID, pid, info, flags) === 0 && info[0] !== 0;
        },
        reap: (pid) => functions.waitpid(pid, 0n, WNOHANG | __WNOTHREAD) === pid,
      },
    };
  } catch (error) {
    // Node's permission model, or a C library without one of the calls.
    return { kind: 'missing', reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * The flag that Node must be started with to have node:ffi; undefined when it has it, knows no such flag,
 * or was told by its own flags what to do.
 */
export function flagForLibc(given: readonly string[]): string | undefined {
  const flag = '--experimental-ffi';
  if (isBuiltin('node:ffi') || given.some((word) => word.endsWith('experimental-ffi'))) {
    return undefined;
  }
  return process.allowedNodeEnvironmentFlags.has(flag) ? flag : undefined;
}

type EmitWarning = (warning: string | Error, ...rest: unknown[]) => void;

/** Only while the module loads, and only the one warning about it, is held back. */
function loadQuietly(): typeof ffi | undefined {
  const host = process as { emitWarning: EmitWarning };
  const { emitWarning } = host;
  host.emitWarning = (warning, ...rest) => {
    const isAboutFfi = typeof warning === 'string' && warning.startsWith('FFI ');
    if (!isAboutFfi) Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule('node:ffi');
  } finally {
    host.emitWarning = emitWarning;
  }
}
