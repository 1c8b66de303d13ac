// The proxy behind a real listener on a free port, inside the process of the test.

import type { TestContext } from 'node:test';

import type { StopConfig } from '../../src/config/slices/life.ts';
import type { ProxyConfig } from '../../src/config/slices/proxy.ts';
import { Deadline } from '../../src/core/deadline.ts';
import type { EventName } from '../../src/core/events.ts';
import type { RequestRecord } from '../../src/core/request-record.ts';
import { Listener } from '../../src/http/listener.ts';
import type { Address } from '../../src/http/reach.ts';
import { Proxy } from '../../src/proxy/proxy.ts';

const proxyDefaults: ProxyConfig = {
  trustProxy: { kind: 'none' },
  headerTimeoutMs: 15_000,
  idleTimeoutMs: 75_000,
  responseTimeoutMs: Infinity,
  requestTimeoutMs: Infinity,
  maxHeaderBytes: 64 * 1024,
  maxBodyBytes: 1024 * 1024,
  maxBufferBytes: 1024 * 1024,
  accessLog: 'off',
};

export interface ProxyGiven {
  /** Undefined: it stays closed, as while the app starts. */
  readonly app: Address | number | undefined;
  readonly config?: Partial<ProxyConfig>;
  readonly stop?: Partial<StopConfig>;
  readonly queueLimit?: number;
  readonly silentAfterMs?: number;
  readonly awaitsRestart?: boolean;
  readonly onQueueChange?: () => void;
}

export interface TestProxy {
  readonly proxy: Proxy;
  readonly listener: Listener;
  readonly port: number;
  readonly url: string;
  readonly records: readonly RequestRecord[];
  readonly events: readonly EventName[];
  /** Resolves when the event has happened. */
  readonly sees: (name: EventName) => Promise<void>;
  /** Resolves with all records once there are `count`. */
  readonly finished: (count: number) => Promise<readonly RequestRecord[]>;
}

export async function useProxy(t: TestContext, given: ProxyGiven): Promise<TestProxy> {
  const config = { ...proxyDefaults, ...given.config };
  const records: RequestRecord[] = [];
  const events: EventName[] = [];
  const waiting = new Set<() => void>();
  const until = async (reached: () => boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const check = (): void => {
      if (reached()) resolve(undefined);
    };
    waiting.add(check);
    check();
    await promise;
    waiting.delete(check);
  };
  const proxy: Proxy = new Proxy({
    config,
    stop: { gracePeriodMs: 25_000, drainDelayMs: 0, drainQuietMs: 0, ...given.stop },
    queueLimit: given.queueLimit ?? 10,
    onQueueChange: given.onQueueChange ?? (() => undefined),
    onFinished: (record) => {
      records.push(record);
      for (const check of waiting) check();
    },
    emit: (name) => {
      events.push(name);
      for (const check of waiting) check();
    },
    ...(given.silentAfterMs !== undefined && { silentAfterMs: given.silentAfterMs }),
    awaitsRestart: () => given.awaitsRestart ?? false,
    door: () => listener,
  });
  const { headerTimeoutMs, idleTimeoutMs, maxHeaderBytes } = config;
  const listener: Listener = new Listener({
    ...{ host: '127.0.0.1', port: 0, hints: { port: '', host: '' }, handler: proxy },
    ...{ headerTimeoutMs, idleTimeoutMs, maxHeaderBytes },
  });
  if (given.app !== undefined) {
    const { app } = given;
    proxy.open(typeof app === 'number' ? { host: '127.0.0.1', port: app } : app);
  }
  await listener.bind();
  t.after(async () => {
    const now = Deadline.after(0);
    await listener.close(now);
    await proxy.stop(now);
  });
  const { port } = listener.address;
  return {
    ...{ proxy, listener, port, records, events },
    url: `http://127.0.0.1:${port}`,
    sees: (name) => until(() => events.includes(name)),
    finished: async (count) => {
      await until(() => records.length >= count);
      return records;
    },
  };
}
