// How much memory a program uses with all it has started, as its processes say and as the kernel counts.

import { readFileSync } from 'node:fs';

import { attempt, readProcesses, type ProcessEntry } from './proc.ts';

const KIB = 1024;

/**
 * Bytes that a program uses: what its processes have resident, or what our cgroup is charged less our
 * own share, where that is more and nobody else is in it. Undefined where /proc tells nothing.
 */
export function usedBytes(program: number, own: number): number | undefined {
  const processes = readProcesses();
  if (processes === undefined) return undefined;
  const tree = treeOf(processes, program);
  const resident = tree.reduce((sum, pid) => sum + statusBytes(pid, 'VmRSS'), 0);
  const container = chargedBytes(new Set(treeOf(processes, own))) ?? 0;
  return Math.max(resident, container - statusBytes(own, 'RssAnon'));
}

/** A process, its session, and all that descends from either. */
export function treeOf(processes: readonly ProcessEntry[], root: number): readonly number[] {
  const tree = new Set(
    processes.filter(({ pid, session }) => pid === root || session === root).map(({ pid }) => pid),
  );
  // Parents may stand behind their children in the list: until nobody joins any more.
  for (let size = 0; size < tree.size;) {
    size = tree.size;
    for (const { pid, parent } of processes) if (tree.has(parent)) tree.add(pid);
  }
  return [...tree];
}

/** A field of /proc/PID/status; 0 for a process that has ended. */
function statusBytes(pid: number, field: string): number {
  const status = attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? '';
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * KIB;
}

/** Undefined unless all processes of our cgroup are among these. */
function chargedBytes(ours: ReadonlySet<number>): number | undefined {
  const lines = attempt(() => readFileSync('/proc/self/cgroup', 'utf8')) ?? '';
  for (const group of memoryGroups(lines)) {
    const members = attempt(() => readFileSync(`${group.folder}/cgroup.procs`, 'utf8'));
    const pids = (members ?? '').split('\n').filter(Boolean).map(Number);
    if (pids.length === 0) continue;
    return pids.every((pid) => ours.has(pid)) ? workingSet(group) : undefined;
  }
  return undefined;
}

interface MemoryGroup {
  readonly folder: string;
  /** Names of the file and the field that version 1 and 2 have for the same. */
  readonly usage: string;
  readonly droppable: string;
}

const v1 = { usage: 'memory.usage_in_bytes', droppable: 'total_inactive_file' };
const v2 = { usage: 'memory.current', droppable: 'inactive_file' };

/**
 * Where our memory cgroup may be, by the text of /proc/self/cgroup. A container sees its own at the root
 * of the mount, whatever path it is told.
 */
export function memoryGroups(lines: string): readonly MemoryGroup[] {
  const [, unified] = /^0::(.*)$/m.exec(lines) ?? [];
  const [, separate] = /^\d+:(?:[\w,=]*,)?memory(?:,[\w,=]*)?:(.*)$/m.exec(lines) ?? [];
  const at = (mount: string, path: string | undefined): readonly string[] =>
    path === undefined ? [] : [...new Set([`${mount}${path}`.replace(/\/$/, ''), mount])];
  return [
    ...at('/sys/fs/cgroup/memory', separate).map((folder) => ({ folder, ...v1 })),
    ...at('/sys/fs/cgroup', unified).map((folder) => ({ folder, ...v2 })),
  ];
}

/** What is charged less what the kernel can drop at once: what the kubelet looks at. */
function workingSet({ folder, usage, droppable }: MemoryGroup): number | undefined {
  const charged = attempt(() => readFileSync(`${folder}/${usage}`, 'utf8'));
  const stat = attempt(() => readFileSync(`${folder}/memory.stat`, 'utf8')) ?? '';
  if (charged === undefined) return undefined;
  const cached = new RegExp(`^${droppable} (\\d+)$`, 'm').exec(stat)?.[1];
  return Math.max(0, Number(charged) - Number(cached ?? 0));
}
