// How the one stop budget is shared; pure.

export interface StopShares {
  /** For the app to end on its stop signal. */
  readonly appMs: number;
  /** For webhooks that are still to be delivered. */
  readonly flushMs: number;
}

/**
 * What is kept back at the end: the app's own share is 5 s or a third of the budget, whichever is less;
 * webhooks get 2 s or a tenth where receivers are configured. What is before them is for the drain.
 */
export function stopShares(gracePeriodMs: number, hasWebhooks: boolean): StopShares {
  return {
    appMs: Math.min(5000, gracePeriodMs / 3),
    flushMs: hasWebhooks ? Math.min(2000, gracePeriodMs / 10) : 0,
  };
}

/** So long at most new requests are served in a drain; the rest is for those in hand. */
export function longestServeOnMs(drainBudgetMs: number): number {
  return drainBudgetMs / 2;
}
