// What observers hear of a supervised app, as `app.…` events: what happens to it, why, and for how long it was away.

import type { AppState, Emit, ReplacementCause, RestartCause } from '../core/events.ts';
import { monotonicMs } from '../lib/clock.ts';
import { CRASH_LOOP } from './supervision-losses.ts';
import type { Failure } from './supervision-state.ts';
import { describeFailure, restartCauseOf } from './supervision-words.ts';

type Pid = number | undefined;

export class SupervisionNews {
  readonly #emit: Emit;
  #since = new Date();
  #restarts = 0;
  #restartCause: RestartCause = 'ctl';
  #troubleAt = 0;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** Since when it is in the state that was told last. */
  get since(): Date {
    return this.#since;
  }

  /** How often it was started again, replacements not counted. */
  get restarts(): number {
    return this.#restarts;
  }

  stateChanged(state: AppState, previous: AppState): void {
    this.#since = new Date();
    this.#emit('app.state-changed', { state, previous });
  }

  /** Nobody serves: what comes to an end later has lasted from now on. */
  heldUp(): void {
    this.#troubleAt = monotonicMs();
  }

  restartAsked(): void {
    this.#restarting('ctl', 'a restart was asked for', 0, 0);
  }

  /** It was lost, and is started again after the delay. */
  backingOff(failure: Failure, attempt: number, delayMs: number): void {
    this.#restarting(restartCauseOf(failure), describeFailure(failure), attempt, delayMs);
  }

  restarted(pid: Pid): void {
    this.#emit('app.restarted', { cause: this.#restartCause, pid, ...this.#duration() });
  }

  crashLooping(failure: Failure): void {
    this.#emit('app.crash-looping', { reason: describeFailure(failure), starts: CRASH_LOOP });
  }

  replacing(cause: ReplacementCause, pid: Pid): void {
    this.#troubleAt = monotonicMs();
    this.#emit('app.replacing', { cause, pid });
  }

  replaced(cause: ReplacementCause, pid: Pid): void {
    this.#emit('app.replaced', { cause, pid, ...this.#duration() });
  }

  /** `pid` is the one that stays; `errors` is what the new one wrote last. */
  replacementFailed(cause: ReplacementCause, reason: string, pid: Pid, errors = ''): void {
    const output = errors === '' ? undefined : errors;
    this.#emit('app.replacement-failed', { cause, reason, pid, output });
  }

  #restarting(cause: RestartCause, reason: string, attempt: number, delayMs: number): void {
    this.#restarts += 1;
    this.#restartCause = cause;
    this.#emit('app.restarting', { cause, reason, attempt, delay_ms: delayMs });
  }

  #duration(): { duration_ms: number } {
    return { duration_ms: Math.round(monotonicMs() - this.#troubleAt) };
  }
}
