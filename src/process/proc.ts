// What /proc tells about other processes. Where it is not mounted, nothing is known.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  /** One letter of proc(5): `Z` is a zombie. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/** Every process that can be seen; undefined without /proc. */
export function readProcesses(): readonly ProcessEntry[] | undefined {
  const names = attempt(() => readdirSync('/proc'));
  return names
    ?.filter((name) => /^\d+$/.test(name))
    .map((pid) => attempt(() => parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))))
    .filter((entry) => entry !== undefined);
}

/** The line of /proc/PID/stat. The name in parentheses may itself hold blanks and parentheses. */
export function parseStat(line: string): ProcessEntry {
  const [state = '', parent, group, session] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return {
    pid: Number.parseInt(line),
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
  };
}

/**
 * The children that the main thread of a process started or adopted; of all its threads where the kernel
 * does not tell them apart (CONFIG_PROC_CHILDREN). Undefined without /proc.
 */
export function childrenOf(pid: number): readonly number[] | undefined {
  const listed = attempt(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
  if (listed !== undefined) return listed.split(' ').filter(Boolean).map(Number);
  return readProcesses()
    ?.filter(({ parent }) => parent === pid)
    .map((entry) => entry.pid);
}

/** What the descriptors of a process point to, such as `socket:[4711]`. */
export function readDescriptors(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  const names = attempt(() => readdirSync(folder)) ?? [];
  return names
    .map((name) => attempt(() => readlinkSync(`${folder}/${name}`)))
    .filter((target) => target !== undefined);
}

/** A process may end while it is looked at, and a descriptor be closed: then it is not there. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
