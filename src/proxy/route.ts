// Where requests go: to the app of now, into the line before the gate while there is none; and to which
// apps they went before.

import type { Deadline } from '../core/deadline.ts';
import { monotonicMs } from '../lib/clock.ts';
import { Gate } from '../lib/gate.ts';
import { sayFarewell } from './farewell.ts';
import type { AppClient } from './forward.ts';
import { Upstream, type Work } from './upstream.ts';

/** Requests that may wait for an app. */
const MAX_HELD = 1000;

/** Held when made. */
export class Route {
  readonly gate = new Gate<Upstream>(MAX_HELD);
  readonly #former = new Set<Upstream>();
  #current: Upstream | undefined;
  #heldSince = monotonicMs();

  /** Requests go this way from now on, first those that wait. */
  open(client: AppClient): Upstream | undefined {
    const former = this.hold();
    this.#current = new Upstream(client);
    this.gate.open(this.#current);
    return former;
  }

  /** New requests wait; what is in hand goes on where it is. */
  hold(): Upstream | undefined {
    this.gate.hold();
    const former = this.#current;
    if (former === undefined) return undefined;
    this.#heldSince = monotonicMs();
    this.#current = undefined;
    this.#former.add(former);
    former.retire(() => this.#former.delete(former));
    return former;
  }

  /** How long there has been no app, in milliseconds; 0 while there is one. */
  get heldMs(): number {
    return this.#current === undefined ? monotonicMs() - this.#heldSince : 0;
  }

  /** Ends what lasts, on every app, over what is left of the deadline; resolves when `over` aborts. */
  sayFarewell(deadline: Deadline, over: AbortSignal): Promise<void> {
    return sayFarewell(() => this.#works(), deadline.leftMs, over);
  }

  /** There will be no app any more: whoever waits is turned away. */
  giveUp(): void {
    this.gate.close();
  }

  /** Cuts what is in hand. */
  close(): void {
    this.gate.close();
    for (const upstream of this.#all()) upstream.close();
  }

  #works(): Work[] {
    return this.#all().flatMap(({ works }) => works);
  }

  #all(): Upstream[] {
    return [...this.#former, ...(this.#current === undefined ? [] : [this.#current])];
  }
}
