// When the listener may close after the stop signal.

import type { StopConfig } from '../config/slices/life.ts';
import type { Deadline } from '../core/deadline.ts';
import { longestServeOnMs } from '../core/stop-shares.ts';
import { monotonicMs } from '../lib/clock.ts';
import { pause } from '../lib/waiting.ts';

export interface DrainTimes {
  readonly startedAt: number;
  /** Undefined: there never was one. */
  readonly lastRequestAt: number | undefined;
  readonly delayMs: number;
  readonly quietMs: number;
  /** What the budget left at the start. */
  readonly budgetMs: number;
}

/**
 * The moment from which the listener need not stay open: the delay is over and no request has come for
 * the quiet time, counted from the stop signal at the earliest; at the latest when half of the budget
 * is used, the delay included. A later request moves it.
 */
export function closeAt(times: DrainTimes): number {
  const { startedAt, delayMs, quietMs, budgetMs } = times;
  const quietSince = Math.max(startedAt, times.lastRequestAt ?? startedAt);
  const settled = Math.max(startedAt + delayMs, quietSince + quietMs);
  return Math.min(settled, startedAt + longestServeOnMs(budgetMs));
}

/** Resolves at the moment that `closeAt` says, or when the deadline passes. */
export async function serveOn(
  deadline: Deadline,
  { drainDelayMs, drainQuietMs }: StopConfig,
  lastRequestAt: () => number | undefined,
): Promise<void> {
  const fixed = {
    startedAt: monotonicMs(),
    delayMs: drainDelayMs,
    quietMs: drainQuietMs,
    budgetMs: deadline.leftMs,
  };
  while (!deadline.passed) {
    const leftMs = closeAt({ ...fixed, lastRequestAt: lastRequestAt() }) - monotonicMs();
    if (leftMs <= 0) return;
    await pause(leftMs, deadline.signal);
  }
}
