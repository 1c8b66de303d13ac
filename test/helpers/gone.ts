// A process that has been asked to go.

import assert from 'node:assert/strict';

import { eventually } from './eventually.ts';

/** Nobody but the system may still know it, as a zombie for a moment. */
export async function assertGone(pid: number): Promise<void> {
  const check = (): void => assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  await eventually(check, { within: 30_000 });
}
