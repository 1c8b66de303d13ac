// What runs messages, as the consumer sees it: a module, programs, or a server.

import type { Deadline } from '../core/deadline.ts';
import type { CallOptions, CallOutcome } from '../process/module-worker.ts';
import type { OutputLine } from '../process/output.ts';
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
  /** Asks it for its health, once it is started; undefined when it has nothing to say of that. Never rejects. */
  readonly check?: ((options: CallOptions) => Promise<CallOutcome>) | undefined;
  /**
   * Work goes to the code of now, what is in hand ends where it is. Resolves with why it could not be loaded,
   * and then nothing has changed. Missing where there is nothing to load anew.
   */
  reload?(): Promise<string | undefined>;
  begin(work: Work): void;
  /** Its time is over, or that of the consumer: it should finish soon, and the handler sees to it. */
  cancel(work: Work, why: 'timeout' | 'stop'): void;
  /** Ends what runs. Never rejects. */
  stop(deadline: Deadline): Promise<void>;
}

/** What every handler is given. */
export interface HandlerSurroundings {
  readonly queue: string;
  /** Why it can take no messages for a while; undefined when it can again. */
  readonly onAway: (reason: string | undefined) => void;
  /** What ran it ended by itself, or had to be given up; `stack` is where in the module it came to that. */
  readonly onRestart: (cause: 'crash' | 'timeout', reason: string, stack?: string) => void;
}

/** What every program is given that handles messages. */
export interface ProgramSurroundings extends HandlerSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** What it prints for people. */
  readonly onLine: (line: OutputLine) => void;
}
