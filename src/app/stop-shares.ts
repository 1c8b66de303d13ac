// How the one stop budget is divided; pure.

export interface StopShares {
  /** Until the app gets its stop signal at the latest. */
  readonly drainMs: number;
  /** Until the app must be gone. */
  readonly appMs: number;
  /** The whole budget; what lies after `appMs` is for webhooks. */
  readonly totalMs: number;
}

/**
 * The app's own share is 5 s or a third of the budget, whichever is less; webhooks get 2 s or a tenth
 * where receivers are configured. All values are milliseconds from the start of the stop.
 */
export function stopShares(gracePeriodMs: number, hasWebhooks: boolean): StopShares {
  const flushMs = hasWebhooks ? Math.min(2000, gracePeriodMs / 10) : 0;
  const ownMs = Math.min(5000, gracePeriodMs / 3);
  return {
    drainMs: gracePeriodMs - flushMs - ownMs,
    appMs: gracePeriodMs - flushMs,
    totalMs: gracePeriodMs,
  };
}
