// Slices: who handles messages, and how many at a time.

import type { FlowConfig, HandlerConfig } from '../config.ts';
import type { Consumed } from './slice.ts';

/** A cross-check has seen to it that there is exactly one. */
export function handlerConfig(
  values: Consumed<'handler' | 'handlerExec' | 'handlerOnce' | 'handlerProcesses' | 'handlerUrl'>,
): HandlerConfig {
  const { handler: path = '', handlerExec, handlerOnce, handlerProcesses, handlerUrl } = values;
  if (handlerExec !== undefined) {
    return { kind: 'program', command: handlerExec, processes: handlerProcesses };
  }
  if (handlerOnce !== undefined) return { kind: 'once', command: handlerOnce };
  if (handlerUrl !== undefined) return { kind: 'url', url: handlerUrl };
  return { kind: 'module', path };
}

export function flowConfig(
  values: Consumed<'concurrency' | 'handlerTimeout' | 'maxLifetime' | 'onExhausted' | 'orderKey'>,
): FlowConfig {
  return {
    concurrency: values.concurrency,
    orderKey: values.orderKey,
    handlerTimeoutMs: values.handlerTimeout,
    onExhausted: values.onExhausted,
    maxLifetime: values.maxLifetime,
  };
}
