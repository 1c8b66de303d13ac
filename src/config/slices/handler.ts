// Slices: who handles messages, and how many at a time.

import type { CommandLine } from '../words.ts';
import type { Consumed } from './slice.ts';

/** What is called for each message. */
export type HandlerConfig =
  /** The default export of a module. */
  | { readonly kind: 'module'; readonly path: string }
  /** Programs that stay, and are told of messages over their stdin. */
  | { readonly kind: 'program'; readonly command: CommandLine; readonly processes: number }
  /** A program per message. */
  | { readonly kind: 'once'; readonly command: CommandLine }
  /** A server that messages are posted to. */
  | { readonly kind: 'url'; readonly url: string };

export type OrderKey =
  | { readonly kind: 'none' }
  | { readonly kind: 'routing-key' }
  | { readonly kind: 'header'; readonly name: string };

/** How messages go through the handler. */
export interface FlowConfig {
  readonly concurrency: number;
  readonly orderKey: OrderKey;
  readonly handlerTimeoutMs: number;
  readonly onExhausted: 'dead' | 'requeue' | 'drop';
  /** After this many settled messages it ends in order; undefined: never. */
  readonly maxLifetime: number | undefined;
}

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
