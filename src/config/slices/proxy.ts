// Slice: what becomes of requests.

import type { ProxyConfig } from '../config.ts';
import { connectionConfig } from './listeners.ts';
import type { Values } from './slice.ts';

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
