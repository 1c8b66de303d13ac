// The three abstractions of the program: a part that lives, a way work comes in, a reason to stop.

import type { Deadline } from './deadline.ts';
import type { ExitStatus } from './exit-status.ts';

/** A part of the program. Started once, stopped once. */
export interface Component {
  readonly name: string;
  /** Resolves when others may rely on it. On failure nothing of it is left behind. */
  start(signal: AbortSignal): Promise<void>;
  /** May be called at any time, also twice. When it resolves, nothing of it is left. Never rejects. */
  stop(deadline: Deadline): Promise<void>;
}

/** What is in hand right now. */
export interface Load {
  /** Accepted and not finished, waiting ones included. */
  readonly active: number;
  /** Accepted, and the answer has not begun: the queue length. */
  readonly queued: number;
  /** Finished since the start of the process; what we refused or answered with files does not count. */
  readonly finished: number;
  /** Running mean of what the app has finished, upgraded connections left out; in ms, 0 before the first. */
  readonly averageMs: number;
}

export interface DrainReport {
  readonly accepted: number;
  readonly completed: number;
  readonly shed: number;
  readonly aborted: number;
  readonly failed: number;
  /** Cut by the stop: by its deadline, or by the app that had to end with them in hand. */
  readonly forced: number;
  readonly longestMs: number;
}

/** What became of the requests that were in hand at the stop, and of those that came after it. */
export interface StopReport {
  readonly in_hand: number;
  readonly accepted: number;
  readonly completed: number;
  readonly shed: number;
  readonly aborted: number;
  readonly failed: number;
}

/** Where work went before. What is in hand there goes on there. */
export interface Former {
  /**
   * Resolves when nothing is in hand there any more, or the deadline has passed; connections that would
   * never end by themselves are ended within it. Never rejects.
   */
  whenIdle(deadline: Deadline): Promise<void>;
}

/** Where work comes in: HTTP requests or AMQP messages. Started closed. `To` is what it is handed to. */
export interface Intake<To = void> extends Component {
  /**
   * Work goes to `to` from now on, first what was held. Undefined: nobody had it before. Also while
   * draining; without effect after `stop`.
   */
  open(to: To): Former | undefined;
  /** New work waits from now on, bounded in time and number, until `open`. Also while draining. */
  hold(): Former | undefined;
  /** Ends the intake of work; resolves when the work in hand is done or the deadline has passed. */
  drain(deadline: Deadline): Promise<void>;
  readonly load: Load;
  /** The ledger so far; after `stop` it is final and balances. */
  report(): DrainReport;
}

/** Why the program stops. The first one decides. */
export type StopReason =
  | { readonly kind: 'signal'; readonly signal: 'SIGTERM' | 'SIGINT' }
  | {
      readonly kind: 'app-ended';
      readonly status: ExitStatus;
      /** It was started again and again in vain. */
      readonly crashLoop?: boolean;
    }
  /** It has done what it was to do. */
  | { readonly kind: 'finished'; readonly text: string }
  | {
      readonly kind: 'failed';
      readonly error: Error;
      /** What is in hand can go on to its end. */
      readonly worksOn?: boolean;
    };
