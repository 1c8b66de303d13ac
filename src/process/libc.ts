// The C library, through node:ffi, which no other file knows. Here is only what Node itself cannot do.
// It needs our own process object to get at the module, and to keep its warning from users.

import type * as ffi from 'node:ffi';
import { isBuiltin } from 'node:module';
import { endianness } from 'node:os';
import process from 'node:process';

/** Calls that never block and never throw. Children are those of the thread that calls. */
export interface Libc {
  /** Orphans below us become children of our main thread, whoever is PID 1. False when refused. */
  adoptOrphans(): boolean;
  /** True when the child has ended and nobody has taken its status, which stays where it is. */
  hasEnded(pid: number): boolean;
  /** Takes the status of a child that has ended. False when there is none to take. */
  reap(pid: number): boolean;
  /**
   * From now on the kernel drops what asks the listening socket for a new connection, unanswered, so that
   * the asker asks again; handshakes that have begun go on. False when refused.
   */
  dropNewConnections(fd: number): boolean;
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

/** From asm-generic/socket.h; MIPS, PA-RISC and SPARC have others, and no Node 26. */
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;

/** A program of linux/filter.h on the TCP header: 0 bytes of a packet with the flag SYN, all of any other. */
const DROP_SYN = [
  { code: 0x30, jt: 0, jf: 0, k: 13 }, // load the byte of the flags
  { code: 0x45, jt: 0, jf: 1, k: 0x02 }, // is SYN among them?
  { code: 0x06, jt: 0, jf: 0, k: 0 },
  { code: 0x06, jt: 0, jf: 0, k: 0xffffffff },
] as const;

const isLittleEndian = endianness() === 'LE';

/** Larger than a siginfo_t, whose first number is the signal: 0 when nothing was found. */
const SIGINFO_BYTES = 128;

const signatures = {
  prctl: { arguments: ['i32', 'u64', 'u64', 'u64', 'u64'], return: 'i32' },
  waitid: { arguments: ['i32', 'u32', 'pointer', 'i32'], return: 'i32' },
  waitpid: { arguments: ['i32', 'pointer', 'i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
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
        dropNewConnections(fd) {
          const code = encodeFilter();
          const program = encodeProgram(loaded.getRawPointer(code), DROP_SYN.length);
          const size = program.byteLength;
          return functions.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, size) === 0;
        },
      },
    };
  } catch (error) {
    // Node's permission model, or a C library without one of the calls.
    return { kind: 'missing', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** As the call of this name, once: false also without the C library. */
export function dropNewConnections(fd: number): boolean {
  const loaded = loadLibc();
  return loaded.kind === 'loaded' && loaded.libc.dropNewConnections(fd);
}

/** An array of struct sock_filter. */
function encodeFilter(): Buffer {
  const code = Buffer.alloc(8 * DROP_SYN.length);
  DROP_SYN.forEach((step, n) => {
    const view = new DataView(code.buffer, code.byteOffset + 8 * n);
    view.setUint16(0, step.code, isLittleEndian);
    view.setUint8(2, step.jt);
    view.setUint8(3, step.jf);
    view.setUint32(4, step.k, isLittleEndian);
  });
  return code;
}

/** A struct sock_fprog: how many steps, and where they are. */
function encodeProgram(address: bigint, steps: number): Buffer {
  const program = Buffer.alloc(16);
  const view = new DataView(program.buffer, program.byteOffset);
  view.setUint16(0, steps, isLittleEndian);
  view.setBigUint64(8, address, isLittleEndian);
  return program;
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
