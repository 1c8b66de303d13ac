// Waits that end early: each has an AbortSignal, and says whether it got to its end.

import { setTimeout as sleep } from 'node:timers/promises';

/** Waits `ms` milliseconds; false as soon as the signal aborts. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}

/** True when `promise` fulfilled before the signal aborted. Rejects only as `promise` does. */
export async function doneBefore(promise: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const stopWaiting = onAbort(signal, () => late.resolve(false));
  try {
    return await Promise.race([promise.then(() => true), late.promise]);
  } finally {
    stopWaiting();
  }
}

/** Calls `act` once when the signal aborts, at once if it already has. Returns how to stop listening. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
  return () => signal.removeEventListener('abort', act);
}

/** The error of a wait that was called off; `isAbort` knows it. */
export function abortError(signal: AbortSignal, doing: string): Error {
  const cause: unknown = signal.reason;
  const by = typeof cause === 'string' ? ` by ${cause}` : '';
  return Object.assign(new Error(`stopped${by} while ${doing}`, { cause }), { name: 'AbortError' });
}
