// Every check once, for `hurricane check`.

import type { CheckConfig } from '../config/slices/observation.ts';
import type { Log } from '../core/log.ts';
import { checkOf, type CheckResult } from './check.ts';

export interface CheckReport extends CheckResult {
  /** Its name, or `check-1` for an unnamed first one. */
  readonly check: string;
  readonly tags: readonly string[];
}

export interface RunChecksOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** All side by side, reported in their order. Throws `module-not-loadable`. Nothing of them is left. */
export async function runChecksOnce(
  { checks, silenced, timeoutMs }: CheckConfig,
  { env, cwd, signal, log }: RunChecksOptions,
): Promise<readonly CheckReport[]> {
  const limits = { timeoutMs, signal };
  const all = checks.map((spec, index) => checkOf(spec, index + 1, { env, cwd, silenced, log }));
  try {
    await Promise.all(all.map((check) => check.load(limits)));
    return await Promise.all(
      all.map(async (check) => ({
        check: check.label,
        tags: check.identity.tags,
        ...(await check.run({ state: 'once', app: {} }, limits)),
      })),
    );
  } finally {
    await Promise.all(all.map((check) => check.close()));
  }
}
