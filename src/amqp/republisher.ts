// Moves failed messages into another queue, and does not let go of one before that has it.

import type { Emit } from '../core/events.ts';
import { backoffMs } from '../lib/backoff.ts';
import { pause } from '../lib/waiting.ts';
import type { Delivery, Link, Publishing } from './transport.ts';

const BACKOFF = { firstMs: 200, maxMs: 10_000, jitter: 0.2 };

export interface RepublisherOptions {
  readonly emit: Emit;
  readonly link: () => Link | undefined;
  /** Told when the first message finds no place, and when the last one has. */
  readonly onStuck: (stuck: boolean) => void;
}

export class Republisher {
  readonly #options: RepublisherOptions;
  readonly #stuck = new Map<Delivery, string>();

  constructor(options: RepublisherOptions) {
    this.#options = options;
  }

  /** Undefined while every failed message finds its place. */
  get stuckBecause(): string | undefined {
    const [reason] = this.#stuck.values();
    return reason;
  }

  /** True when the other queue has it; false when its link has gone, and the broker will hand it out again. */
  async publish(delivery: Delivery, publishing: Publishing): Promise<boolean> {
    for (let attempt = 1; delivery.isCurrent(); attempt += 1) {
      const link = this.#options.link();
      try {
        await link?.publish(publishing);
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
    const isFirst = this.#stuck.size === 0;
    this.#stuck.set(delivery, reason);
    if (isFirst) this.#options.onStuck(true);
    this.#options.emit('message.publish-failed', { to, reason, attempt });
    const over = new AbortController();
    void link.ended.then(() => over.abort());
    await pause(Math.round(backoffMs(BACKOFF, attempt)), over.signal);
    await link.redeclare().catch(() => undefined); // the next attempt to publish says what is wrong
  }

  #release(delivery: Delivery): void {
    if (!this.#stuck.delete(delivery)) return;
    if (this.#stuck.size === 0) this.#options.onStuck(false);
  }
}
