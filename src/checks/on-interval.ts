// Runs something on a fixed grid of time: no drift, never two runs at once.

import { monotonicMs } from '../lib/clock.ts';
import { pause } from '../lib/waiting.ts';

/**
 * Runs at once and then at every multiple of `intervalMs` since, until `run` says false or the signal
 * aborts. A run that takes longer than the interval skips what it missed.
 */
export async function onInterval(
  intervalMs: number,
  signal: AbortSignal,
  run: () => Promise<boolean>,
): Promise<void> {
  const startedAt = monotonicMs();
  let tick = 0;
  while (await run()) {
    const elapsedMs = monotonicMs() - startedAt;
    // A timer may fire a little early: the same tick must not come twice.
    tick = Math.max(tick + 1, Math.ceil(elapsedMs / intervalMs));
    if (!(await pause(startedAt + tick * intervalMs - monotonicMs(), signal))) return;
  }
}
