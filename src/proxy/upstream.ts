// One app that requests go to, or went to: what is in hand there, and how that ends.

import type { Former } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import { Slots, type Slotted } from '../lib/slots.ts';
import { sayFarewell, type Lasting } from './farewell.ts';
import type { AppClient } from './forward.ts';

/** A request or connection in hand. */
export interface Work extends Slotted, Lasting {
  /** The time is over: counted, and cut where it stands. */
  force(): void;
}

export class Upstream implements Former {
  readonly client: AppClient;
  readonly #works = new Slots<Work>();
  /** Aborted when it is retired and nothing is in hand. */
  readonly #idle = new AbortController();
  #onIdle: (() => void) | undefined;

  constructor(client: AppClient) {
    this.client = client;
  }

  /** A copy. */
  get works(): readonly Work[] {
    return this.#works.toArray();
  }

  take(work: Work): void {
    this.#works.add(work);
  }

  /** Only what was taken. */
  release(work: Work): void {
    this.#works.remove(work);
    if (this.#onIdle !== undefined) this.#endWhenIdle();
  }

  /** Nothing new comes. With the last of what is in hand its connections end, and `onIdle` is called. */
  retire(onIdle: () => void): void {
    this.#onIdle = onIdle;
    this.#endWhenIdle();
  }

  async whenIdle(deadline: Deadline): Promise<void> {
    const over = AbortSignal.any([deadline.signal, this.#idle.signal]);
    await sayFarewell(() => this.works, deadline.leftMs, over);
  }

  /** Cuts what is in hand. */
  close(): void {
    for (const work of this.works) work.force();
    this.client.close();
  }

  #endWhenIdle(): void {
    if (this.#works.size > 0) return;
    this.client.close();
    this.#idle.abort();
    this.#onIdle?.();
  }
}
