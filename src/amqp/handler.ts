// What runs messages, as the consumer sees it: a module, a program, or an HTTP server.

import type { Deadline } from '../core/deadline.ts';
import type { Verdict } from './retry-ladder.ts';
import type { Delivery } from './transport.ts';

/** One attempt to handle a message. */
export interface Work {
  readonly delivery: Delivery;
  readonly attempt: number;
  readonly timeoutMs: number;
  /** Once; what comes later is counted and nothing more. */
  finish(verdict: Verdict): void;
}

/** Calls `finish` of every work once, whatever happens to what runs it. */
export interface MessageHandler {
  /** Resolves when work may begin. Rejects with the `HurricaneError` that says why it cannot. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when no work can be handled any more. */
  readonly failed: Promise<Error>;
  /** The keys that it wants the queue bound with; undefined when it does not say. */
  readonly routingKeys: readonly string[] | undefined;
  begin(work: Work): void;
  /** Its time is over, or that of the consumer: it should finish soon, and the handler sees to it. */
  cancel(work: Work, why: 'timeout' | 'stop'): void;
  /** Ends what runs. Never rejects. */
  stop(deadline: Deadline): Promise<void>;
}
