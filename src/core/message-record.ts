// What is known about one settled message: all that metrics see of it.

/** How a message left our hands. */
export type MessageOutcome =
  'ack' | 'retry' | 'dead' | 'requeue' | 'drop' | 'release' | /** Its link went first. */ 'lost';

export interface MessageRecord {
  readonly outcome: MessageOutcome;
  readonly redelivered: boolean;
  /** Undefined when it never began. */
  readonly handledMs: number | undefined;
  /** Since its publisher sent it; undefined when that is not known. */
  readonly ageMs: number | undefined;
}
