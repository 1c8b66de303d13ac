// Memory and CPU of a process and of all below it, read from /proc.

import { readdirSync, readFileSync } from 'node:fs';

import { counter, gauge, type Family, type Sample } from './family.ts';

/** A number, or `self`. */
type Pid = string;

interface Usage {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
}

/** The kernel shows times in 1/100 s on every architecture (USER_HZ), whatever its own clock is. */
const TICKS_PER_SECOND = 100;

export const runtimeFamilies: readonly Family[] = [
  gauge(
    'hurricane_process_resident_memory_bytes',
    'Resident memory of hurricane alone, and of it with all processes below it.',
    () => usageSamples((usage) => usage.residentBytes),
  ),
  counter(
    'hurricane_process_cpu_seconds_total',
    'CPU time of hurricane alone, and of it with all processes below it, ended ones included.',
    () => usageSamples((usage) => usage.cpuSeconds),
  ),
];

function usageSamples(pick: (usage: Usage) => number): Sample[] {
  const own = usageOf('self', 'alone');
  if (own === undefined) return [];
  return [
    { value: pick(own), labels: { scope: 'self' } },
    { value: pick(usageOfTree()), labels: { scope: 'tree' } },
  ];
}

/** Undefined where there is no such process, or no /proc. */
function usageOf(pid: Pid, children: 'alone' | 'with-ended-children'): Usage | undefined {
  const status = read(`/proc/${pid}/status`);
  const stat = read(`/proc/${pid}/stat`);
  if (status === undefined || stat === undefined) return undefined;
  const residentKiB = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  // The name in parentheses may hold anything; utime, stime, cutime, cstime are the 12th field behind it and on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const times = fields.slice(11, children === 'alone' ? 13 : 15);
  const ticks = times.reduce((sum, time) => sum + Number(time), 0);
  return { residentBytes: residentKiB * 1024, cpuSeconds: ticks / TICKS_PER_SECOND };
}

function usageOfTree(): Usage {
  const total = { residentBytes: 0, cpuSeconds: 0 };
  const waiting: Pid[] = ['self'];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    const usage = usageOf(pid, 'with-ended-children');
    if (usage === undefined) continue;
    total.residentBytes += usage.residentBytes;
    total.cpuSeconds += usage.cpuSeconds;
    waiting.push(...childrenOf(pid));
  }
  return total;
}

/** Each thread has its own list of the children that it started. */
function childrenOf(pid: Pid): string[] {
  return threadsOf(pid).flatMap((thread) =>
    (read(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean),
  );
}

function threadsOf(pid: Pid): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // Ended since we heard of it.
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Ended since we heard of it, or a system without /proc.
    return undefined;
  }
}
