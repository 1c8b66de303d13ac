// Names of a request that travel with it: request id and W3C trace context.

import { randomFillSync } from 'node:crypto';

/** One call into the random generator serves this many bytes of ids. */
const pool = Buffer.allocUnsafe(4800);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

/**
 * `00-<32 hex>-<16 hex>-01` (W3C Trace Context). Sampled: an unsampled parent would switch off the traces
 * of every app whose sampler follows its parent, which is the default of OpenTelemetry.
 */
export function newTraceparent(): string {
  const hex = randomHex(24);
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-01`;
}

/** The trace id, so that log line and trace find each other. */
export function requestIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

const version00 = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;
const laterVersion =
  /^(?!00|ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(-.*)?$/;

export function isTraceparent(value: string): boolean {
  return value.length >= 55 && (version00.test(value) || laterVersion.test(value));
}

/** Printable and short enough for any log; anything else is replaced. */
export function isRequestId(value: string): boolean {
  return value.length > 0 && value.length <= 200 && /^[\x21-\x7e]+$/.test(value);
}
