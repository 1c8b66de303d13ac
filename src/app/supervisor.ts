// The supervisor: performs what supervision.ts decides, with one AppProcess per generation.

import type { AppConfig, SupervisionConfig } from '../config/config.ts';
import type { Former, Intake, StopReason } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import type { AppState, ReplacementCause, RestartCause } from '../core/events.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import { Scope } from '../core/scope.ts';
import type { Address } from '../http/reach.ts';
import { assertNever } from '../lib/assert-never.ts';
import { backoffMs } from '../lib/backoff.ts';
import { monotonicMs } from '../lib/clock.ts';
import { abortError, onAbort, pause } from '../lib/waiting.ts';
import type { ChildEnd } from '../process/child-state.ts';
import {
  assertExecutable,
  stopSignalOf,
  type AppProcessOptions,
  type PlaceVariables,
} from './app-process.ts';
import { Generation } from './generation.ts';
import type { App } from './run.ts';
import { CRASH_LOOP } from './supervision-losses.ts';
import { idle, next } from './supervision.ts';
import type { Effect, Failure, Supervision, SupervisionEvent } from './supervision-state.ts';
import { appStateOf, describeFailure, restartCauseOf, verdictOf } from './supervision-words.ts';
import { Tickets, type Answer } from './tickets.ts';

export interface SupervisorOptions extends AppProcessOptions {
  readonly supervision: SupervisionConfig;
  /** What an app that is replaced has for its requests in hand and its own stop. */
  readonly gracePeriodMs: number;
  /** Undefined for an app that nobody hands work to. */
  readonly intake: Pick<Intake<Address>, 'open' | 'hold'> | undefined;
  /** Told when an app begins to serve, and when none does for a while. */
  readonly onServing: (serving: boolean) => void;
}

/** One process of the app. */
export interface Served {
  readonly generation: number;
  readonly pid: number | undefined;
  readonly upMs: number;
}

const BACKOFF = { firstMs: 100, maxMs: 30_000, jitter: 0.2 };

/** A new app must stay up for so long before the old one gives way: some fail in their first second. */
const SETTLE_MS = 2000;

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
  readonly #generations = new Map<number, Generation>();
  readonly #queue: SupervisionEvent[] = [];
  #dispatching = false;
  #supervision: Supervision = idle;
  #serving: number | undefined;
  #backoff = new AbortController();
  #troubleAt = 0;
  #restartCause: RestartCause = 'ctl';
  #restarts = 0;
  #lastErrors = '';
  #since = new Date();

  constructor(options: SupervisorOptions) {
    this.#options = options;
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
    const there = [...this.#generations.values()].find(
      ({ process }) => process.address === address,
    );
    return there?.process.ended ?? new Promise(() => undefined);
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
    return this.#since;
  }

  /** How often it was started again, replacements not counted. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Undefined while none serves, while it is replaced, and while another one leaves. */
  get served(): Served | undefined {
    const { phase, leaving, closing } = this.#supervision;
    if (phase.kind !== 'up' || leaving.length > 0 || closing) return undefined;
    const { process, upMs } = this.#generation(phase.generation);
    return { generation: phase.generation, pid: process.pid, upMs };
  }

  /** The one that serves, or else the one that is to serve; undefined while the next is waited for. */
  get current(): Served | undefined {
    if (this.#current === undefined) return undefined;
    const { number, process, upMs } = this.#current;
    return { generation: number, pid: process.pid, upMs };
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
    return this.#current?.process.lastErrors ?? this.#lastErrors;
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
    const ends = await Promise.all(
      [...this.#generations.values()].map(async (generation) => {
        const end = await generation.stop(deadline);
        return generation === main ? end : undefined;
      }),
    );
    await this.#scope.close(deadline);
    return ends.find((end) => end !== undefined);
  }

  /** Undefined while the next one is waited for. */
  get #current(): Generation | undefined {
    const { phase, leaving } = this.#supervision;
    if ('generation' in phase) return this.#generations.get(phase.generation);
    const waiting =
      phase.kind === 'making-way' && phase.after.find((after) => leaving.includes(after));
    return waiting === false || waiting === undefined ? undefined : this.#generations.get(waiting);
  }

  #generation(number: number): Generation {
    const generation = this.#generations.get(number);
    if (generation === undefined) throw new Error(`there is no generation ${number}`);
    return generation;
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
      if (this.state !== before) this.#tellState(before);
      for (const effect of effects) this.#perform(effect);
    }
    this.#dispatching = false;
  }

  #tellState(previous: AppState): void {
    this.#since = new Date();
    this.#options.emit('app.state-changed', { state: this.state, previous });
  }

  #perform(effect: Effect): void {
    const { emit } = this.#options;
    switch (effect.kind) {
      case 'spawn':
        this.#spawn(effect.generation);
        break;
      case 'open':
        this.#open(effect.generation);
        break;
      case 'hold':
        this.#hold();
        break;
      case 'retire':
      case 'remove':
        this.#scope.run(`${effect.kind} an app`, (signal) =>
          this.#end(effect.generation, effect.kind === 'retire', signal),
        );
        break;
      case 'arm-settling':
        this.#scope.run('let an app settle', () => this.#settle(effect.generation));
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
        this.#tellRestarting('ctl', 'a restart was asked for', 0, 0);
        break;
      case 'tell-restarted':
        emit('app.restarted', { cause: this.#restartCause, ...this.#news() });
        break;
      case 'tell-replacing':
        this.#troubleAt = monotonicMs();
        emit('app.replacing', { cause: effect.cause, pid: this.pid });
        break;
      case 'tell-replaced':
        emit('app.replaced', { cause: effect.cause, ...this.#news() });
        break;
      case 'tell-replacement-failed':
        this.#tellReplacementFailed(effect);
        break;
      default:
        assertNever(effect);
    }
  }

  #spawn(number: number): void {
    const config = this.#configOf(number);
    const generation = new Generation(number, { ...this.#options, config });
    this.#generations.set(number, generation);
    void generation.ended().then((failure) => this.#lose(generation, failure));
    this.#scope.run('start an app', async () => {
      const result = await generation.bringUp();
      if (result === 'up') this.#dispatch({ kind: 'came-up', generation: number });
      else if (result !== 'abandoned') this.#lose(generation, result);
    });
  }

  /** With start-first two apps run side by side: each gets a socket of its own. */
  #configOf(number: number): AppConfig {
    const { config, supervision } = this.#options;
    const { up } = config;
    if (up.kind !== 'listens' || up.socketPath === undefined || number === 1) return config;
    if (supervision.replace !== 'start-first') return config;
    return { ...config, up: { ...up, socketPath: `${up.socketPath}.${number}` } };
  }

  #lose({ number, process, upMs }: Generation, failure: Failure): void {
    this.#lastErrors = process.lastErrors;
    this.#dispatch({ kind: 'lost', generation: number, failure, upMs });
  }

  async #settle(number: number): Promise<void> {
    const stayed = await this.#generation(number).staysUp(SETTLE_MS);
    if (stayed) this.#dispatch({ kind: 'settled', generation: number });
  }

  #open(number: number): void {
    const { intake } = this.#options;
    this.#keepFormer(intake?.open(this.#addressOf(number)));
    this.#serving = number;
    this.#firstUp.resolve(undefined);
    this.#tickets.fulfil(number);
    this.#options.onServing(true);
  }

  #addressOf(number: number): Address {
    const { address } = this.#generation(number).process;
    if (address === undefined) throw new Error(`generation ${number} is nowhere`);
    return address;
  }

  #hold(): void {
    this.#troubleAt = monotonicMs();
    this.#keepFormer(this.#options.intake?.hold());
    this.#serving = undefined;
    this.#options.onServing(false);
  }

  #keepFormer(former: Former | undefined): void {
    const generation =
      this.#serving === undefined ? undefined : this.#generations.get(this.#serving);
    if (generation !== undefined) generation.former = former;
  }

  async #end(number: number, orderly: boolean, signal: AbortSignal): Promise<void> {
    const generation = this.#generation(number);
    await generation.retire(this.#options.gracePeriodMs, orderly, signal);
    this.#lastErrors = generation.process.lastErrors;
    this.#generations.delete(number);
    this.#dispatch({ kind: 'gone', generation: number });
  }

  #armBackoff(attempt: number, failure: Failure): void {
    const delayMs = Math.round(backoffMs(BACKOFF, attempt));
    this.#tellRestarting(restartCauseOf(failure), describeFailure(failure), attempt, delayMs);
    this.#backoff = new AbortController();
    const { signal } = this.#backoff;
    this.#scope.run('wait for the next start', async () => {
      if (await pause(delayMs, signal)) this.#dispatch({ kind: 'backoff-over' });
    });
  }

  #giveUp(failure: Failure, crashLoop: boolean): void {
    if (crashLoop) {
      const reason = describeFailure(failure);
      this.#options.emit('app.crash-looping', { reason, starts: CRASH_LOOP });
    }
    this.#ended.resolve(verdictOf(failure, crashLoop));
  }

  #tellRestarting(cause: RestartCause, reason: string, attempt: number, delayMs: number): void {
    this.#restarts += 1;
    this.#restartCause = cause;
    this.#options.emit('app.restarting', { cause, reason, attempt, delay_ms: delayMs });
  }

  #news(): { pid: number | undefined; duration_ms: number } {
    return { pid: this.pid, duration_ms: Math.round(monotonicMs() - this.#troubleAt) };
  }

  #tellReplacementFailed({
    cause,
    generation,
    failure,
  }: Extract<Effect, { kind: 'tell-replacement-failed' }>): void {
    const reason = typeof failure === 'string' ? failure : describeFailure(failure);
    const errors = this.#generations.get(generation)?.process.lastErrors;
    const pid = this.#serving === undefined ? undefined : this.pid;
    this.#tickets.fail(generation, reason);
    this.#options.emit('app.replacement-failed', {
      cause,
      reason,
      pid,
      output: errors === '' ? undefined : errors,
    });
  }
}
