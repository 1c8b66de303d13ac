// The supervisor: performs what supervision.ts decides, and is asked how the app is.

import type { StopReason } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import type { AppState, ReplacementCause } from '../core/events.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import { Scope } from '../core/scope.ts';
import type { Address } from '../http/reach.ts';
import { assertNever } from '../lib/assert-never.ts';
import { backoffMs } from '../lib/backoff.ts';
import { abortError, onAbort, pause } from '../lib/waiting.ts';
import type { ChildEnd } from '../process/child-state.ts';
import { assertExecutable, stopSignalOf, type PlaceVariables } from './app-process.ts';
import type { Generation } from './generation.ts';
import { Generations, type GenerationsOptions } from './generations.ts';
import type { App } from './run.ts';
import { Serving, type ServingOptions } from './serving.ts';
import { idle, next } from './supervision.ts';
import { SupervisionNews } from './supervision-news.ts';
import type { Effect, Failure, Supervision, SupervisionEvent } from './supervision-state.ts';
import {
  appStateOf,
  currentOf,
  describeFailure,
  servingAlone,
  verdictOf,
} from './supervision-words.ts';
import { Tickets, type Answer } from './tickets.ts';

export type SupervisorOptions = Omit<GenerationsOptions, 'scope' | 'onEvent'> & ServingOptions;

/** One process of the app. */
export interface Served {
  readonly generation: number;
  readonly pid: number | undefined;
  readonly upMs: number;
}

const BACKOFF = { firstMs: 100, maxMs: 30_000, jitter: 0.2 };

/**
 * Never two apps serve and never none by accident: what is asked for while something else is under way
 * is done after it, or refused. Emits `app.…`.
 */
export class Supervisor implements App {
  readonly #options: SupervisorOptions;
  readonly #ended = Promise.withResolvers<StopReason>();
  readonly #firstUp = Promise.withResolvers<undefined>();
  readonly #scope = new Scope();
  readonly #tickets = new Tickets();
  readonly #news: SupervisionNews;
  readonly #serving: Serving;
  readonly #generations: Generations;
  readonly #queue: SupervisionEvent[] = [];
  #dispatching = false;
  #supervision: Supervision = idle;
  #backoff = new AbortController();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#news = new SupervisionNews(options.emit);
    this.#serving = new Serving(options);
    this.#generations = new Generations({
      ...options,
      scope: this.#scope,
      onEvent: (event) => this.#dispatch(event),
    });
  }

  get stopSignal(): NodeJS.Signals {
    return stopSignalOf(this.#options.config).signal;
  }

  /** Resolves when the app has ended and is not started again. */
  get ended(): Promise<StopReason> {
    return this.#ended.promise;
  }

  /** Resolves with how the app there ends; never where there is none. */
  endOf(address: Address): Promise<ExitStatus> {
    return this.#generations.at(address)?.process.ended ?? new Promise(() => undefined);
  }

  /** Resolves when a bug of ours ended the supervision. */
  get failed(): Promise<Error> {
    return this.#scope.failed;
  }

  get state(): AppState {
    return appStateOf(this.#supervision.phase);
  }

  /** Since when it is in this state. */
  get since(): Date {
    return this.#news.since;
  }

  /** How often it was started again, replacements not counted. */
  get restarts(): number {
    return this.#news.restarts;
  }

  /** Undefined while none serves, while it is replaced, and while another one leaves. */
  get served(): Served | undefined {
    const number = servingAlone(this.#supervision);
    return number === undefined ? undefined : servedBy(this.#generations.get(number));
  }

  /** The one that serves, or else the one that is to serve; undefined while the next is waited for. */
  get current(): Served | undefined {
    return this.#current && servedBy(this.#current);
  }

  /** The process that serves, or else the one that is to serve. */
  get pid(): number | undefined {
    return this.#current?.process.pid;
  }

  /** What tells a program where that one listens. */
  get variables(): PlaceVariables {
    return this.#current?.process.variables ?? {};
  }

  /** Where that one accepts, once it does. */
  get address(): Address | undefined {
    return this.#current?.process.address;
  }

  /** The end of what the last app wrote to stderr, as far as we saw it. */
  get lastErrors(): string {
    return this.#current?.process.lastErrors ?? this.#generations.lastErrors;
  }

  /** Throws when the program is not there or may not be executed. */
  assertExecutable(): void {
    const { config, env, cwd } = this.#options;
    assertExecutable(config, env, cwd);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stopListening = onAbort(signal, () => reject(abortError(signal, 'starting the app')));
    if (!signal.aborted) this.#dispatch({ kind: 'start' });
    await Promise.race([this.#firstUp.promise, stopped]).finally(stopListening);
  }

  /** Reaches the app that serves, or else the one that starts. */
  signal(signal: NodeJS.Signals): void {
    this.#current?.process.signal(signal);
  }

  /** A new app instead of the one that serves. Resolves when it is done, or is known not to be. */
  reload(cause: ReplacementCause): Promise<Answer> {
    return this.#ask({ kind: 'reload', cause });
  }

  /** The app is stopped and started again, while requests wait. */
  restart(): Promise<Answer> {
    return this.#ask({ kind: 'restart' });
  }

  /** From now on nothing is replaced; an app that fails is still started again. */
  close(): void {
    this.#dispatch({ kind: 'close' });
  }

  /** How the app ended that served, or was to; undefined when there was none to stop. */
  async stop(deadline: Deadline): Promise<ChildEnd | undefined> {
    const main = this.#current;
    this.#dispatch({ kind: 'stop' });
    const end = await this.#generations.stop(main, deadline);
    await this.#scope.close(deadline);
    return end;
  }

  /** Undefined while the next one is waited for. */
  get #current(): Generation | undefined {
    const number = currentOf(this.#supervision);
    return number === undefined ? undefined : this.#generations.find(number);
  }

  #ask(event: SupervisionEvent): Promise<Answer> {
    const answer = this.#tickets.take(this.#supervision.last);
    this.#dispatch(event);
    return answer;
  }

  /** One event after the other: what an effect causes comes after all effects. */
  #dispatch(event: SupervisionEvent): void {
    this.#queue.push(event);
    if (this.#dispatching) return;
    this.#dispatching = true;
    for (let first = this.#queue.shift(); first !== undefined; first = this.#queue.shift()) {
      const before = this.state;
      const { supervision: rules } = this.#options;
      const [supervision, effects] = next(this.#supervision, first, rules);
      this.#supervision = supervision;
      if (this.state !== before) this.#news.stateChanged(this.state, before);
      for (const effect of effects) this.#perform(effect);
    }
    this.#dispatching = false;
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'spawn':
        this.#generations.spawn(effect.generation);
        break;
      case 'open':
        this.#open(effect.generation);
        break;
      case 'hold':
        this.#hold();
        break;
      case 'retire':
      case 'remove':
        this.#generations.end(effect.generation, effect.kind);
        break;
      case 'arm-settling':
        this.#generations.settle(effect.generation);
        break;
      case 'arm-backoff':
        this.#armBackoff(effect.attempt, effect.failure);
        break;
      case 'disarm-backoff':
        this.#backoff.abort();
        break;
      case 'refuse':
        this.#tickets.refuse(effect.reason);
        break;
      case 'give-up':
        this.#giveUp(effect.failure, effect.crashLoop);
        break;
      case 'tell-restarting':
        this.#news.restartAsked();
        break;
      case 'tell-restarted':
        this.#news.restarted(this.pid);
        break;
      case 'tell-replacing':
        this.#news.replacing(effect.cause, this.pid);
        break;
      case 'tell-replaced':
        this.#news.replaced(effect.cause, this.pid);
        break;
      case 'tell-replacement-failed':
        this.#tellReplacementFailed(effect);
        break;
      default:
        assertNever(effect);
    }
  }

  #open(number: number): void {
    this.#serving.open(this.#generations.get(number));
    this.#firstUp.resolve(undefined);
    this.#tickets.fulfil(number);
  }

  #hold(): void {
    this.#news.heldUp();
    this.#serving.hold();
  }

  #armBackoff(attempt: number, failure: Failure): void {
    const delayMs = Math.round(backoffMs(BACKOFF, attempt));
    this.#news.backingOff(failure, attempt, delayMs);
    this.#backoff = new AbortController();
    const { signal } = this.#backoff;
    this.#scope.run('wait for the next start', async () => {
      if (await pause(delayMs, signal)) this.#dispatch({ kind: 'backoff-over' });
    });
  }

  #giveUp(failure: Failure, crashLoop: boolean): void {
    if (crashLoop) this.#news.crashLooping(failure);
    this.#ended.resolve(verdictOf(failure, crashLoop));
  }

  #tellReplacementFailed({
    cause,
    generation,
    failure,
  }: Extract<Effect, { kind: 'tell-replacement-failed' }>): void {
    const reason = typeof failure === 'string' ? failure : describeFailure(failure);
    const errors = this.#generations.find(generation)?.process.lastErrors;
    const pid = this.#serving.generation === undefined ? undefined : this.pid;
    this.#tickets.fail(generation, reason);
    this.#news.replacementFailed(cause, reason, pid, errors);
  }
}

function servedBy({ number, process, upMs }: Generation): Served {
  return { generation: number, pid: process.pid, upMs };
}
