// One process of the app under its number, from its start until nothing of it is left.

import type { Former } from '../core/component.ts';
import { Deadline } from '../core/deadline.ts';
import { stopShares } from '../core/stop-shares.ts';
import { monotonicMs } from '../lib/clock.ts';
import { onAbort, pause } from '../lib/waiting.ts';
import type { ChildEnd } from '../process/child-state.ts';
import { AppProcess, type AppProcessOptions } from './app-process.ts';
import type { Failure } from './supervision-state.ts';

export class Generation {
  readonly number: number;
  readonly process: AppProcess;
  readonly #lifeline = new AbortController();
  #upAt: number | undefined;
  /** Knows what requests it has in hand after new ones go elsewhere. */
  former: Former | undefined;

  constructor(number: number, options: AppProcessOptions) {
    this.number = number;
    this.process = new AppProcess(options);
  }

  /** For how long it has been up; 0 before. */
  get upMs(): number {
    return this.#upAt === undefined ? 0 : monotonicMs() - this.#upAt;
  }

  /** Resolves with how it ended by itself or by us. */
  async ended(): Promise<Failure> {
    const status = await this.process.ended;
    this.abandon();
    return { kind: 'ended', status };
  }

  /** Resolves when it is up or is known not to come up; `abandoned` after `abandon`. Never rejects. */
  async bringUp(): Promise<Failure | 'up' | 'abandoned'> {
    const { signal } = this.#lifeline;
    try {
      await this.process.start(signal);
      this.#upAt = monotonicMs();
      return 'up';
    } catch (error) {
      if (signal.aborted) return 'abandoned';
      return { kind: 'not-up', error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  /** Waits `ms`; false as soon as it is abandoned or has ended. */
  staysUp(ms: number): Promise<boolean> {
    return pause(ms, this.#lifeline.signal);
  }

  /** Nobody waits for it any more. */
  abandon(): void {
    this.#lifeline.abort();
  }

  stop(deadline: Deadline): Promise<ChildEnd | undefined> {
    this.abandon();
    return this.process.stop(deadline);
  }

  /**
   * As `stop`, within the shares of the grace period; after the requests in hand when `orderly`. One that
   * had none to be handed has all of the grace period for its own stop.
   */
  async retire(gracePeriodMs: number, orderly: boolean, signal: AbortSignal): Promise<void> {
    this.abandon();
    const { appMs } = stopShares(gracePeriodMs, false);
    const { former } = this;
    if (orderly && former !== undefined) {
      const deadline = Deadline.after(gracePeriodMs - appMs);
      const stopListening = onAbort(signal, () => deadline.expire());
      await former.whenIdle(deadline);
      stopListening();
      deadline.expire();
    }
    const deadline = Deadline.after(orderly && former === undefined ? gracePeriodMs : appMs);
    await this.process.stop(deadline);
    deadline.expire();
  }
}
