// Slice: what becomes of requests.

import { connectionConfig, type ConnectionConfig } from './listeners.ts';
import type { Values } from './slice.ts';

export interface ProxyConfig extends ConnectionConfig {
  readonly trustProxy: TrustProxy;
  /** Until the head of the answer; Infinity: no limit. */
  readonly responseTimeoutMs: number;
  /** From the first byte of the request to the last of the answer; Infinity: no limit. */
  readonly requestTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** Of a body, on its way to whoever takes it slowly; for each direction of a request. */
  readonly maxBufferBytes: number;
  readonly accessLog: AccessLog;
}

/** Whose `X-Forwarded-*` fields are continued instead of replaced. */
export type TrustProxy =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'ranges'; readonly cidrs: readonly string[] };

export type AccessLog = 'all' | 'errors' | 'off';

export function proxyConfig(
  values: Parameters<typeof connectionConfig>[0] &
    Values<
      | 'trustProxy'
      | 'responseTimeout'
      | 'requestTimeout'
      | 'maxBodySize'
      | 'maxBufferSize'
      | 'accessLog'
    >,
): ProxyConfig {
  return {
    ...connectionConfig(values),
    trustProxy: values.trustProxy,
    responseTimeoutMs: values.responseTimeout,
    requestTimeoutMs: values.requestTimeout,
    maxBodyBytes: values.maxBodySize,
    maxBufferBytes: values.maxBufferSize,
    accessLog: values.accessLog,
  };
}
