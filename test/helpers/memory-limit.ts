// A limit on memory as a container has one: whoever exceeds it is killed by the kernel.

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { memoryGroups } from '../../src/process/memory.ts';
import { eventually } from './eventually.ts';

/** The file of the limit in cgroup v1 and v2, by that of the usage. */
const limits: Readonly<Record<string, string>> = {
  'memory.usage_in_bytes': 'memory.limit_in_bytes',
  'memory.current': 'memory.max',
};

/**
 * The words in front of a command that put it, with all it starts, into a cgroup of its own. None, and a
 * diagnostic, where that is not permitted.
 */
export function useMemoryLimit(t: TestContext, bytes: number): readonly string[] {
  const groups = memoryGroups(readFileSync('/proc/self/cgroup', 'utf8')).map(
    ({ folder, usage }) => ({
      group: join(folder, `hurricane-test-${process.pid}`),
      limit: limits[usage] ?? '',
    }),
  );
  const made = groups.find(({ group, limit }) => make(group, limit, bytes));
  if (made === undefined) {
    t.diagnostic('no cgroup can be made here: the kernel kills nobody');
    return [];
  }
  const { group } = made;
  // A hook of a hook comes after those that end what is in the group.
  t.after(() => t.after(() => eventually(() => rmdirSync(group))));
  return ['sh', '-c', `echo $$ > ${group}/cgroup.procs && exec "$@"`, 'sh'];
}

function make(group: string, limit: string, bytes: number): boolean {
  try {
    mkdirSync(group);
  } catch {
    return false; // not there, or not ours to change
  }
  try {
    // Not made where it is missing: then this is no cgroup, or memory is not limited here.
    writeFileSync(join(group, limit), `${bytes}`, { flag: 'r+' });
    return true;
  } catch {
    rmdirSync(group);
    return false;
  }
}
