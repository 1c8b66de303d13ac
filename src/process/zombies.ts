// Processes that have ended and whose status nobody has taken: each holds a number and a line in the table.

import { readlinkSync } from 'node:fs';

import { attempt, readProcesses, type ProcessEntry } from './proc.ts';
import { isAwaited } from './spawn.ts';

export interface ZombieCount {
  /** Orphans that are ours to reap. */
  readonly orphans: number;
  /** Below us, and the fault of the program that started them; they become orphans when it ends. */
  readonly others: number;
}

/** Of all processes below `pid`, our own; undefined where /proc is missing or shows another namespace. */
export function countZombies(pid: number): ZombieCount | undefined {
  if (attempt(() => readlinkSync('/proc/self')) !== `${pid}`) return undefined;
  const zombies = descendants(pid, readProcesses() ?? []).filter(({ state }) => state === 'Z');
  const ours = zombies.filter(({ parent }) => parent === pid);
  return {
    // What is awaited is a zombie only until we have heard of its end.
    orphans: ours.filter((zombie) => !isAwaited(zombie.pid)).length,
    others: zombies.length - ours.length,
  };
}

/** Exported for its test. */
export function descendants(pid: number, all: readonly ProcessEntry[]): readonly ProcessEntry[] {
  const children = Map.groupBy(all, ({ parent }) => parent);
  const found = [...(children.get(pid) ?? [])];
  for (const { pid: parent } of found) found.push(...(children.get(parent) ?? []));
  return found;
}
