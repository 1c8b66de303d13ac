// What a protocol must offer to a consumer: one life of a connection, its deliveries, and publishing.

import type { BrokerConfig } from '../config/slices/broker.ts';
import type { QueueConfig } from '../config/slices/queue.ts';
import type { LinkEndCause } from '../core/events.ts';

/** The properties that both protocols know, and the headers of the application. */
export interface Properties {
  readonly messageId?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly type?: string | undefined;
  readonly appId?: string | undefined;
  readonly priority?: number | undefined;
  /** Milliseconds since 1970. */
  readonly timestamp?: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A message that the broker handed out and waits to hear of. Settled at most once. */
export interface Delivery {
  readonly body: Buffer;
  readonly properties: Properties;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  /** 1, unless the broker or a header of ours tells of attempts before. */
  readonly attempt: number;
  /** False once the link it came over has ended: nothing it is told reaches the broker. */
  isCurrent(): boolean;
  /** Gone for good. */
  ack(): void;
  /** Nobody has tried it: back into the queue. */
  release(): void;
  /** An attempt has failed: back into the queue, and the broker may count it. */
  requeue(): void;
}

export interface Publishing {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Uint8Array;
  readonly properties: Properties;
}

/** Why a link ended. `fatal` is none that another try could change. */
export interface LinkEnd {
  readonly reason: string;
  readonly cause: LinkEndCause;
  readonly fatal: Error | undefined;
}

/** One life of a connection with a consumer on it. Whatever of it breaks, all of it has ended. */
export interface Link {
  /** What the broker says it is, and where: `RabbitMQ 3.10.8 at broker:5672`. */
  readonly broker: string;
  /** Resolves when nothing more comes or goes. */
  readonly ended: Promise<LinkEnd>;
  /** The broker has asked us not to publish for now. */
  readonly blocked: boolean;
  /** Resolves when at least one queue has it for sure; rejects when that is not known. Ends nothing. */
  publish(publishing: Publishing): Promise<void>;
  /** As `publish`, for what must not be lost: a refusal that another try cannot mend ends the link. */
  republish(publishing: Publishing): Promise<void>;
  /** How many bytes the headers may take that are published beside these properties. */
  headerRoom(properties: Properties): number;
  /** Makes the queues for failed messages anew, where that is ours to do. */
  redeclare(): Promise<void>;
  /**
   * No delivery comes after it has resolved, unless the signal came first; those at hand can still be
   * settled. Never rejects.
   */
  cancel(signal: AbortSignal): Promise<void>;
  /** Deliveries come again after `cancel`; when they cannot, the link ends. Never rejects. */
  resume(): Promise<void>;
  /** Everything settled so far reaches the broker; everything else goes back to the queue. Never rejects. */
  close(signal: AbortSignal): Promise<void>;
}

export interface TransportOptions {
  readonly broker: BrokerConfig;
  readonly queue: QueueConfig;
  /** Shown by brokers that list their connections. */
  readonly connectionName: string;
}

export interface Transport {
  /** Where the n-th attempt goes, as it may be shown: `broker:5672/vhost`. */
  address(attempt: number): string;
  /**
   * Connects, declares and consumes. Rejects with a `HurricaneError` when another try cannot help, and
   * with a `LinkError` otherwise.
   */
  open(options: OpenOptions): Promise<Link>;
}

export interface OpenOptions {
  /** Which of the addresses is tried. */
  readonly attempt: number;
  /** The keys to bind the queue with. */
  readonly routingKeys: readonly string[];
  /** False after it was deleted: it must come back by other hands. */
  readonly mayDeclareQueue: boolean;
  readonly onDelivery: (delivery: Delivery) => void;
  readonly onBlocked: (blocked: boolean) => void;
  readonly signal: AbortSignal;
}

/** No link, and another try may help. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly end: LinkEnd;

  constructor(cause: LinkEndCause, reason: string) {
    super(reason);
    this.end = { cause, reason, fatal: undefined };
  }
}

/** For everything between a connection and the first delivery; a queue without a leader never answers. */
export const OPEN_MS = 15_000;

export function openedTooLate(): LinkError {
  const reason = `the broker did not let us consume within ${OPEN_MS / 1000}s`;
  return new LinkError('timeout', reason);
}
