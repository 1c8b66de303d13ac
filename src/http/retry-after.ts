// The field `Retry-After` of an answer.

/** Milliseconds from now, never below 0, of its seconds or date (RFC 9110, 10.2.3); undefined when it is neither. */
export function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
