// Moves failed messages into another queue, and does not let go of one before that has it.

import type { Emit } from '../core/events.ts';
import { backoffMs } from '../lib/backoff.ts';
import { pause } from '../lib/waiting.ts';
import { originOf } from './headers.ts';
import type { Delivery, Link, Publishing } from './transport.ts';

const BACKOFF = { firstMs: 200, maxMs: 10_000, jitter: 0.2 };

export interface RepublisherOptions {
  /** Where they come from. */
  readonly queue: string;
  readonly emit: Emit;
  readonly link: () => Link | undefined;
  /** Told why messages find no place; undefined when the last one has. */
  readonly onStuck: (reason: string | undefined) => void;
}

export class Republisher {
  readonly #options: RepublisherOptions;
  readonly #stuck = new Set<Delivery>();

  constructor(options: RepublisherOptions) {
    this.#options = options;
  }

  /** True when the other queue has it; false when its link has gone, and the broker will hand it out again. */
  async publish(delivery: Delivery, publishing: Publishing): Promise<boolean> {
    for (let attempt = 1; delivery.isCurrent(); attempt += 1) {
      const link = this.#options.link();
      try {
        await link?.republish(publishing);
        this.#release(delivery);
        return link !== undefined && delivery.isCurrent();
      } catch (error) {
        if (!delivery.isCurrent() || link === undefined) break;
        await this.#repair(link, delivery, publishing.routingKey, error, attempt);
      }
    }
    this.#release(delivery);
    return false;
  }

  async #repair(
    link: Link,
    delivery: Delivery,
    to: string,
    error: unknown,
    attempt: number,
  ): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    this.#stuck.add(delivery);
    this.#options.onStuck(`a failed message cannot be kept: ${reason}`);
    this.#options.emit('message.publish-failed', {
      queue: this.#options.queue,
      id: delivery.properties.messageId,
      routing_key: originOf(delivery).routingKey,
      ...{ to, reason, attempt },
    });
    const over = new AbortController();
    void link.ended.then(() => over.abort());
    await pause(Math.round(backoffMs(BACKOFF, attempt)), over.signal);
    await link.redeclare().catch(() => undefined); // the next attempt to publish says what is wrong
  }

  #release(delivery: Delivery): void {
    if (!this.#stuck.delete(delivery)) return;
    if (this.#stuck.size === 0) this.#options.onStuck(undefined);
  }
}
