// What is known about one finished request: all that the access log and the metrics see of it.

/** How a request left the ledger; every accepted request has exactly one outcome in the end. */
export type RequestOutcome =
  /** The whole answer of the app or the whole file went out, whatever its status. */
  | 'completed'
  /** Refused by us before the app saw it: starting, draining, malformed, too large. */
  | 'shed'
  /** The client went away first. */
  | 'aborted'
  /** No whole answer: refused, reset, cut, too late. */
  | 'failed';

/** Why we answered in the app's place or cut its answer; the value of the `Hurricane-Error` field. */
export type RequestFault =
  | 'starting'
  | 'restarting'
  | 'draining'
  | 'bad-request'
  | 'connect-refused'
  | 'request-timeout'
  | 'body-too-large'
  | 'target-too-long'
  | 'header-too-large'
  | 'expectation-failed'
  | 'method-not-allowed'
  | 'file-failed'
  | 'app-refused'
  | 'app-reset'
  | 'app-malformed'
  | 'app-truncated'
  | 'app-timeout'
  | 'stopped';

/** One finished request. Times in milliseconds, sizes in bytes of body. */
export interface RequestRecord {
  readonly method: string;
  /** As the client sent it. */
  readonly target: string;
  /** The final status sent to the client; 0 when none was. */
  readonly status: number;
  readonly outcome: RequestOutcome;
  /** Undefined when the answer of the app or a file went out whole, and when the client went away. */
  readonly fault: RequestFault | undefined;
  /** From the accepted head to the hand-over to the app; the whole duration if there was none, 0 for files. */
  readonly queueMs: number;
  /** From the hand-over to the end; 0 when the app never saw the request. */
  readonly appMs: number;
  /** From the accepted head to the head of the answer; undefined when none was sent. */
  readonly ttfbMs: number | undefined;
  readonly durationMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Continued from the client or made here. */
  readonly requestId: string;
  readonly traceparent: string;
  /** The peer, or what a trusted peer said it was. */
  readonly clientAddress: string;
  /** Answered with a file, or that there is none, and not by the app. */
  readonly fromFiles: boolean;
  /** True for a connection that was switched to another protocol. */
  readonly upgraded: boolean;
}
