// What the author of a handler sees: a message, what may become of it, and what comes with it. Imports nothing.

/** One message, decoded by its content type. */
export interface Message {
  /** The `message-id` of its publisher; undefined when there is none. */
  readonly id: string | undefined;
  /** A value for `application/json` and `…+json`, a string for `text/…`, otherwise the bytes. */
  readonly body: unknown;
  /** The body as it came. */
  readonly raw: Uint8Array;
  readonly contentType: string | undefined;
  /** Application headers; times are `Date`, 64-bit integers may be `bigint`. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly exchange: string;
  readonly routingKey: string;
  /** When it was published, by its publisher. */
  readonly timestamp: Date | undefined;
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
  /** `type` of its publisher: the name of what it is. */
  readonly type: string | undefined;
  /** The broker has handed it out before: it may have been handled already, wholly or in part. */
  readonly redelivered: boolean;
  /** 1, and one more after each attempt that failed. */
  readonly attempt: number;
}

/** What becomes of a message. */
export type Outcome =
  /** Done: it is gone for good. */
  | { readonly kind: 'ack' }
  /** A failed attempt: again after the delay of the ladder, or the first that is at least `afterMs`. */
  | { readonly kind: 'retry'; readonly afterMs?: number; readonly reason?: string }
  /** Never again: into the queue of dead letters. */
  | { readonly kind: 'dead'; readonly reason?: string }
  /** Back into the queue at once; no attempt is counted. */
  | { readonly kind: 'requeue' }
  /** Gone for good although it was not handled. */
  | { readonly kind: 'drop'; readonly reason?: string };

export interface Publication {
  /** The default exchange when left out, which routes to the queue named like the key. */
  readonly exchange?: string;
  readonly routingKey: string;
  /** Bytes and strings go as they are, everything else as JSON. */
  readonly body: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly id?: string;
  readonly correlationId?: string;
  readonly type?: string;
}

/** What comes with a message. */
export interface Context {
  /** Aborted when its time is over, or when the consumer stops and cannot wait longer. */
  readonly signal: AbortSignal;
  readonly queue: string;
  /** Each makes one outcome; return what it returns. */
  retry(options?: { readonly afterMs?: number; readonly reason?: string }): Outcome;
  dead(reason?: string): Outcome;
  requeue(): Outcome;
  drop(reason?: string): Outcome;
  /** Resolves when the broker has taken it into at least one queue; rejects when it was routed to none. */
  publish(publication: Publication): Promise<void>;
}

/**
 * The default export of a handler module. Returning nothing means done. Throwing is a failed attempt; an
 * error with `fatal: true` makes a dead letter at once. Once `signal` is aborted, throwing gives the
 * message back without counting an attempt when the consumer is stopping.
 */
export type Handler = (message: Message, context: Context) => unknown;

/** May also be exported by a handler module. */
export interface HandlerModule {
  readonly default: Handler;
  /** Before the first message. */
  setup?(): unknown;
  /** After the last one, in an orderly stop. */
  teardown?(): unknown;
  /**
   * Asked for `/alive` every `--check-interval`. Returning nothing is good; throwing, returning a text that says
   * what is wrong, and taking longer than `--check-timeout` fail liveness, so that Kubernetes restarts the container.
   */
  check?(): unknown;
  /** The keys that the queue is bound with, unless `--routing-key` says otherwise. */
  routingKeys?(queue: string): readonly string[] | Promise<readonly string[]>;
}
