// How long to wait before the n-th attempt.

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Share of the delay that is random, 0-1: 0.2 is ±20 %. */
  readonly jitter: number;
}

/** The delay before attempt `n` (1 is the first retry): doubling up to `maxMs`, jitter applied last. */
export function backoffMs(backoff: Backoff, n: number, random: () => number = Math.random): number {
  const doubled = Math.min(backoff.maxMs, backoff.firstMs * 2 ** (n - 1));
  return doubled * (1 + backoff.jitter * (2 * random() - 1));
}
