// The webhooks of one receiver: one at a time, in order, each until it is taken or refused.

import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Deadline } from '../core/deadline.ts';
import type { Emit } from '../core/events.ts';
import { backoffMs } from '../lib/backoff.ts';
import { onAbort, pause } from '../lib/waiting.ts';
import { bodyOf, type Webhook } from './payload.ts';
import { post, type Attempt } from './post.ts';

/** What waits beyond this makes the oldest one go that was not tried yet: the newest state matters most. */
const LIMIT = 1000;

const patient = { firstMs: 500, maxMs: 60_000, jitter: 0.2 };
const urgent = { firstMs: 100, maxMs: 1000, jitter: 0.2 };

export interface DeliveryOptions {
  readonly url: string;
  readonly timeoutMs: number;
  readonly secret: string | undefined;
  readonly emit: Emit;
}

interface Entry {
  readonly webhook: Webhook;
  attempts: number;
  /** Why the last attempt that came to an end has failed. */
  failure?: string;
}

export class DeliveryQueue {
  readonly #options: DeliveryOptions;
  readonly #url: string;
  /** The first one is being delivered. */
  readonly #waiting: Entry[] = [];
  readonly #flushing = new AbortController();
  readonly #over = new AbortController();
  #work: Promise<void> | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#url = displayUrl(options.url);
  }

  get length(): number {
    return this.#waiting.length;
  }

  push(webhook: Webhook): void {
    if (this.#isOver()) return;
    this.#waiting.push({ webhook, attempts: 0 });
    if (this.#waiting.length > LIMIT) this.#giveUp(1, `${LIMIT} webhooks wait already`);
    this.#work ??= this.#deliverAll();
  }

  /**
   * Tries with short waits until everything is delivered or the deadline has passed. Returns how many
   * stayed undelivered; nothing is accepted afterwards.
   */
  async flush(deadline: Deadline): Promise<number> {
    this.#flushing.abort();
    const stopListening = onAbort(deadline.signal, () => this.#over.abort());
    await this.#work;
    stopListening();
    this.#over.abort();
    const undelivered = this.#waiting.length;
    while (this.#waiting.length > 0) this.#giveUp(0, 'the time to deliver it is over');
    return undelivered;
  }

  async #deliverAll(): Promise<void> {
    // Whoever tells of an edge must not wait for a first use of HTTP, which takes milliseconds.
    await nextTurn();
    for (let [entry] = this.#waiting; entry !== undefined; [entry] = this.#waiting) {
      if (this.#isOver()) break;
      const result = await this.#attempt(entry);
      if (result.kind !== 'retry') this.#waiting.shift();
      // What the end of the flush cut is told by the flush.
      else if (this.#isOver()) break;
      else entry.failure = result.reason;
      this.#tell(entry, result);
      if (result.kind === 'retry') await this.#pause(entry.attempts, result.notBeforeMs);
    }
    this.#work = undefined;
  }

  #attempt(entry: Entry): Promise<Attempt> {
    entry.attempts += 1;
    const { url, secret, timeoutMs } = this.#options;
    const body = bodyOf(entry.webhook, entry.attempts);
    return post({ url, secret, timeoutMs, body, signal: this.#over.signal });
  }

  #tell({ webhook: { type, id }, attempts: attempt }: Entry, result: Attempt): void {
    const { emit } = this.#options;
    if (result.kind === 'delivered') {
      emit('webhook.delivered', { type, id, attempt });
      return;
    }
    const { reason, kind } = result;
    const final = kind === 'refused';
    emit('webhook.failed', { type, id, url: this.#url, attempt, reason, final });
  }

  /** A flush that begins ends a long wait at once. */
  async #pause(attempts: number, notBeforeMs: number): Promise<void> {
    if (this.#flushing.signal.aborted) {
      await pause(backoffMs(urgent, attempts), this.#over.signal);
    } else {
      await pause(Math.max(notBeforeMs, backoffMs(patient, attempts)), this.#flushing.signal);
    }
  }

  #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  #giveUp(index: number, reason: string): void {
    for (const entry of this.#waiting.splice(index, 1)) {
      const last = entry.failure ?? (entry.attempts > 0 ? 'no answer yet' : undefined);
      const whole = last === undefined ? reason : `${reason}, the last attempt: ${last}`;
      this.#tell(entry, { kind: 'refused', reason: whole });
    }
  }
}

/** Without credentials, path and query: for many receivers the path is the secret. */
function displayUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}/…`;
}
