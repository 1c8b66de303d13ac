// A program as PID 1, as a container has it: in a PID namespace of its own.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';

import { eventually } from './eventually.ts';

const NAMESPACE = ['--pid', '--fork', '--kill-child', '--mount-proc', '--'];
const AS_USER = ['--user', '--map-root-user'];

/** One process as the world outside of the namespace sees it. */
export interface Seen {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly parent: number;
}

/**
 * The words in front of a command that make it PID 1. Undefined, and the test skipped with the reason,
 * where that is not permitted.
 */
export function usePidNamespace(t: TestContext): readonly string[] | undefined {
  const launchers = [[], AS_USER].map((flags) => ['unshare', ...flags, ...NAMESPACE]);
  const permitted = launchers.find(([program = '', ...words]) => {
    return spawnSync(program, [...words, 'true']).status === 0;
  });
  if (permitted === undefined) t.skip('unshare --pid is not permitted: run as root, or allow it');
  return permitted;
}

/** The number, out here, of the process that is PID 1 in there; ended after the test if it still runs. */
export async function initOf(t: TestContext, launcherPid: number): Promise<number> {
  const init = await eventually(() => {
    const child = processes().find(({ parent }) => parent === launcherPid);
    if (child === undefined) throw new Error('nothing was started in the namespace');
    return child.pid;
  });
  t.after(() => {
    if (processes().some(({ pid, parent }) => pid === init && parent === launcherPid)) {
      process.kill(init, 'SIGKILL');
    }
  });
  return init;
}

export function childrenOf(parent: number): readonly Seen[] {
  return processes().filter((seen) => seen.parent === parent);
}

function processes(): Seen[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [, name = '', state = '', parent] = /\((.*)\) (\w) (\d+)/s.exec(stat) ?? [];
        return [{ pid: Number(pid), name, state, parent: Number(parent) }];
      } catch {
        return []; // ended meanwhile
      }
    });
}
