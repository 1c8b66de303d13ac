// An app that makes orphans when it is asked: programs named `orphan`, whose parents have ended.

import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { findExecutable } from '../../src/process/command.ts';
import { useScript } from './apps.ts';
import { childrenOf } from './pid-namespace.ts';
import { request } from './request.ts';
import { useTempDir } from './temp-dir.ts';

const NAME = 'orphan';

interface Forking {
  /** Serves HTTP on PORT and makes orphans on demand. */
  readonly app: readonly string[];
  /** Makes so many orphans and ends. */
  readonly command: (count: number) => readonly string[];
}

export function useForking(t: TestContext): Forking {
  const orphan = join(useTempDir(t), NAME);
  const sleep = findExecutable('sleep', { path: process.env['PATH'], cwd: '/' });
  assert.ok(sleep.kind === 'found');
  symlinkSync(sleep.path, orphan);
  return {
    app: [...useScript('double-forks.mjs'), orphan],
    command: (count) => [...useScript('double-fork.sh'), orphan, `${count}`],
  };
}

/** Has the app make so many. Resolves when they have been started; each lives for a fifth of a second. */
export async function makeOrphans(url: string, count: number): Promise<void> {
  const { status, text } = await request(`${url}/orphans?n=${count}`, { within: 60_000 });
  assert.equal(status, 200, text);
}

export function countOrphans(parent: number): { living: number; zombies: number } {
  const all = childrenOf(parent).filter(({ name }) => name === NAME);
  const zombies = all.filter(({ state }) => state === 'Z').length;
  return { living: all.length - zombies, zombies };
}
