// What becomes of a message after an attempt: pure.

import type { FlowConfig } from '../config/slices/handler.ts';
import type { QueueConfig } from '../config/slices/queue.ts';
import type { FailureClass } from '../core/events.ts';
import type { Outcome } from './message.ts';

/** How an attempt ended: as the handler says, or without its word. */
export type Verdict =
  | (Outcome & { readonly stack?: string | undefined })
  /** The body is not what its content type says: no attempt could go better. */
  | { readonly kind: 'undecodable'; readonly reason: string }
  /** What ran it ended with it, and with others in hand: each of them may be the one to blame. */
  | { readonly kind: 'crashed'; readonly reason: string }
  | { readonly kind: 'timed-out'; readonly reason: string }
  /** The stop came first. */
  | { readonly kind: 'given-back' };

/** An attempt that took longer than it may. */
export function timedOut({ timeoutMs }: { readonly timeoutMs: number }) {
  const reason = `no end within ${timeoutMs / 1000}s (--handler-timeout)`;
  return { kind: 'timed-out', reason } as const satisfies Verdict;
}

/** What is done with it. */
export type Step =
  | { readonly kind: 'ack' }
  | { readonly kind: 'release' }
  | { readonly kind: 'requeue'; /** Undefined: it was asked for. */ readonly reason?: string }
  | { readonly kind: 'drop'; readonly reason: string }
  | (Failure & { readonly kind: 'retry'; readonly delayMs: number })
  | (Failure & { readonly kind: 'dead' });

export interface Failure {
  readonly class: FailureClass;
  readonly reason: string;
  /** Where in the handler it was thrown. */
  readonly stack: string | undefined;
}

export type Ladder = Pick<QueueConfig, 'retryDelaysMs'> & Pick<FlowConfig, 'onExhausted'>;

/** The step after the n-th attempt. */
export function nextStep(verdict: Verdict, attempt: number, ladder: Ladder): Step {
  switch (verdict.kind) {
    case 'ack':
    case 'requeue':
      return { kind: verdict.kind };
    case 'given-back':
      return { kind: 'release' };
    case 'drop':
      return { kind: 'drop', reason: verdict.reason ?? 'dropped by the handler' };
    case 'dead':
    case 'undecodable':
      return { kind: 'dead', ...failureOf(verdict) };
    case 'retry':
      return again(failureOf(verdict), attempt, ladder, verdict.afterMs);
    case 'crashed':
    case 'timed-out':
      return again(failureOf(verdict), attempt, ladder);
  }
}

const classes = {
  retry: 'error',
  crashed: 'crash',
  'timed-out': 'timeout',
  dead: 'rejected',
  undecodable: 'undecodable',
} as const satisfies Partial<Record<Verdict['kind'], FailureClass>>;

function failureOf(verdict: Extract<Verdict, { kind: keyof typeof classes }>): Failure {
  const reason = verdict.reason ?? `the handler returned ${verdict.kind}`;
  const stack = 'stack' in verdict ? verdict.stack : undefined;
  return { class: classes[verdict.kind], reason, stack };
}

function again(failure: Failure, attempt: number, ladder: Ladder, afterMs = 0): Step {
  const { retryDelaysMs: delays, onExhausted } = ladder;
  const level = delays[attempt - 1];
  if (level === undefined) return exhausted(failure, onExhausted);
  const delayMs = delays.find((delay) => delay >= Math.max(level, afterMs)) ?? delays.at(-1);
  return { kind: 'retry', delayMs: delayMs ?? level, ...failure };
}

function exhausted(failure: Failure, then: Ladder['onExhausted']): Step {
  switch (then) {
    case 'dead':
      return { kind: 'dead', ...failure };
    case 'requeue':
      return { kind: 'requeue', reason: failure.reason };
    case 'drop':
      return { kind: 'drop', reason: failure.reason };
  }
}
