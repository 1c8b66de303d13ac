// The way of one request to an app: through the gate, and again when nobody can have processed it.

import { monotonicMs } from '../lib/clock.ts';
import type { Gate, TurnedAway, Waiter } from '../lib/gate.ts';
import type { AppClient } from './forward.ts';
import type { Upstream, Work } from './upstream.ts';

/** What the passages of a proxy share. */
export interface Crossing {
  readonly gate: Gate<Upstream>;
  /** True while an app that dies is started again, so that a refused request had better wait for it. */
  awaitsRestart(): boolean;
}

/** Who is on the way. */
export interface Traveller extends Work {
  /** Goes to this app now; `again`: not for the first time. */
  go(client: AppClient, again: boolean): void;
  /** There was no app in time, or there is none to come. */
  turnAway(fault: 'restarting' | 'draining'): void;
}

/** All the time that one request may wait before the gate. */
const MAX_HELD_MS = 30_000;
/** Tries until an app that refuses is given up; and until the death of one that is restarted must be known. */
const TRIES = 3;
const TRIES_UNTIL_RESTART = 6;
const FIRST_DELAY_MS = 20;

export class Passage implements Waiter<Upstream> {
  readonly #crossing: Crossing;
  readonly #traveller: Traveller;
  #upstream: Upstream | undefined;
  /** Since it last had to wait. */
  #tries = 0;
  #heldUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(crossing: Crossing, traveller: Traveller) {
    this.#crossing = crossing;
    this.#traveller = traveller;
  }

  begin(): void {
    this.#crossing.gate.enter(this);
  }

  /** In hand at an app. */
  get isThrough(): boolean {
    return this.#upstream !== undefined;
  }

  pass(upstream: Upstream): void {
    this.#upstream = upstream;
    this.#tries += 1;
    upstream.take(this.#traveller);
    this.#traveller.go(upstream.client, this.#tries > 1);
  }

  turnAway(why: TurnedAway): void {
    this.#traveller.turnAway(why === 'closed' ? 'draining' : 'restarting');
  }

  patienceMs(): number {
    const now = monotonicMs();
    if (this.#heldUntil === 0) this.#heldUntil = now + MAX_HELD_MS;
    this.#tries = 0;
    return this.#heldUntil - now;
  }

  /**
   * Once more, after a connection was refused: soon, or through the gate when it is held by then. False:
   * it was tried often enough.
   */
  retryRefused(error: Error): boolean {
    const { gate } = this.#crossing;
    if (!gate.isHeld && this.#tries >= this.#maxTries(error)) return false;
    this.#release();
    if (gate.isHeld) gate.enter(this);
    else {
      const delayMs = FIRST_DELAY_MS * 2 ** (this.#tries - 1);
      this.#timer = setTimeout(() => gate.enter(this), delayMs);
    }
    return true;
  }

  /** Once more at once, after a connection that had been idle died. False: it was tried often enough. */
  retryAtOnce(): boolean {
    if (this.#tries >= TRIES) return false;
    this.#release();
    this.#crossing.gate.enter(this);
    return true;
  }

  /** It is neither in hand at an app nor on the way any more. */
  end(): void {
    if (this.#upstream === undefined) {
      clearTimeout(this.#timer);
      this.#crossing.gate.leave(this);
    } else {
      this.#release();
    }
  }

  #release(): void {
    this.#upstream?.release(this.#traveller);
    this.#upstream = undefined;
  }

  #maxTries(error: Error): number {
    // The queue of a unix socket is full: Linux refuses at once where TCP would wait.
    const isFull = (error as NodeJS.ErrnoException).code === 'EAGAIN';
    return isFull || this.#crossing.awaitsRestart() ? TRIES_UNTIL_RESTART : TRIES;
  }
}
