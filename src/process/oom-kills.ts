// How often the kernel has killed a process of our cgroup for want of memory.

import { readFileSync } from 'node:fs';

/** cgroup v2, then v1, as a container sees its own cgroup (kernel docs: cgroup-v2, memory.events). */
const files = ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'];

/** 0 where nobody tells. */
export function readOomKills(): number {
  for (const file of files) {
    const count = /^oom_kill (\d+)$/m.exec(read(file))?.[1];
    if (count !== undefined) return Number(count);
  }
  return 0;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Another version of cgroups, or none.
    return '';
  }
}
