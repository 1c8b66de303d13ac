// Concurrent callers share one run.

/** Calls `run` unless a call is under way; then its result is shared. */
export function singleFlight<T>(run: () => Promise<T>): () => Promise<T> {
  let flight: Promise<T> | undefined;
  return () => (flight ??= run().finally(() => (flight = undefined)));
}
