// For what announces itself nowhere. The only loop a test may wait in.

import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 20;

/** Repeats the assertions until none throws; after `within` milliseconds the last failure is the test's. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { within = 5000 }: { within?: number } = {},
): Promise<T> {
  const endsAt = performance.now() + within;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > endsAt) throw error;
    }
    await sleep(PAUSE_MS);
  }
}
