// How long to wait before the n-th attempt.

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
  /** 0.2 is ±20 % of the delay; `full` is anything between nothing and all of it. */
  readonly jitter: number | 'full';
}

/** The delay before attempt `n` (1 is the first retry): doubling up to `maxMs`, jitter applied last. */
export function backoffMs(backoff: Backoff, n: number, random: () => number = Math.random): number {
  const doubled = Math.min(backoff.maxMs, backoff.firstMs * 2 ** (n - 1));
  if (backoff.jitter === 'full') return doubled * random();
  return doubled * (1 + backoff.jitter * (2 * random() - 1));
}
