// What must be reachable before anything of ours runs.

import type { DependencyTarget } from '../config/slices/preparation.ts';
import { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { Log } from '../core/log.ts';
import { maskCredentials } from '../core/mask-credentials.ts';
import { reachHttp, reachTcp, type Reached, type ReachLimits } from '../http/reach.ts';
import { backoffMs } from '../lib/backoff.ts';
import { monotonicMs } from '../lib/clock.ts';
import { abortError, pause } from '../lib/waiting.ts';

export interface WaitForOptions {
  /** For all targets together; Infinity: no limit. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly log: Log;
  readonly reach?: (target: DependencyTarget, limits: ReachLimits) => Promise<Reached>;
}

const RETRY = { firstMs: 100, maxMs: 2000, jitter: 0.2 };
const ATTEMPT_MS = 5000;
const REMIND_MS = 10_000;

/**
 * Resolves when each target was reached once; they are tried in parallel. Throws
 * `dependency-unavailable`, which names all that are missing, or an AbortError.
 */
export async function waitForDependencies(
  targets: readonly DependencyTarget[],
  options: WaitForOptions,
): Promise<void> {
  const deadline = Deadline.after(options.timeoutMs);
  const missing = (
    await Promise.all(targets.map((target) => waitFor(target, options, deadline)))
  ).filter((problem) => problem !== undefined);
  deadline.expire();
  if (missing.length === 0) return;
  if (options.signal.aborted) throw abortError(options.signal, 'waiting for dependencies');
  throw new HurricaneError(
    'dependency-unavailable',
    `not reached within ${options.timeoutMs / 1000}s: ${missing.join(', ')}`,
    { hint: 'start what --wait-for names, correct its address, or raise --wait-timeout' },
  );
}

/** Undefined when it was reached, else what the last attempt said. */
async function waitFor(
  target: DependencyTarget,
  { signal, emit, log, reach = reachTarget }: WaitForOptions,
  deadline: Deadline,
): Promise<string | undefined> {
  const name = displayTarget(target);
  const startedAt = monotonicMs();
  const until = AbortSignal.any([signal, deadline.signal]);
  let remindAt = 0;
  for (let attempt = 1; ; attempt += 1) {
    const reached = await reach(target, { timeoutMs: ATTEMPT_MS, signal: until });
    const waitedMs = monotonicMs() - startedAt;
    if (reached.ok) {
      emit('dependency.waited', { target: name, duration_ms: Math.round(waitedMs) });
      return undefined;
    }
    if (waitedMs >= remindAt && !until.aborted) {
      remindAt = waitedMs + REMIND_MS;
      log.info({ target: name, reason: reached.reason }, 'waiting for a dependency');
    }
    const again = await pause(backoffMs(RETRY, attempt), until);
    if (!again) return `${name} (${reached.reason})`;
  }
}

function reachTarget(target: DependencyTarget, limits: ReachLimits): Promise<Reached> {
  return target.kind === 'tcp' ? reachTcp(target, limits) : reachHttp(target.url, limits);
}

/** How events and the log name it. */
export function displayTarget(target: DependencyTarget): string {
  return target.kind === 'tcp'
    ? `tcp://${target.host}:${target.port}`
    : maskCredentials(target.url);
}
