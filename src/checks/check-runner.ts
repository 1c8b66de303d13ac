// Runs the checks on their interval and tells, per tag, which of them fail. Probes never cause a run.

import type { CheckConfig } from '../config/config.ts';
import type { Component } from '../core/component.ts';
import { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { FailingCheck } from '../core/failing-check.ts';
import type { Log } from '../core/log.ts';
import { Scope } from '../core/scope.ts';
import { abortError, doneBefore } from '../lib/waiting.ts';
import { Check, type CheckResult } from './check.ts';
import type { CheckContext } from './check-target.ts';
import { reachesOtherHost } from './other-host.ts';
import { WatchedCheck } from './watched-check.ts';

export interface CheckRunnerOptions {
  readonly config: CheckConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Told to programs and modules: `starting`, `up` or `draining`. */
  readonly state: () => string;
  /** The variables that tell where the app listens that is looked at. */
  readonly app: () => CheckContext['app'];
  /** The checks of a tag that fail now; called after each run of one of them. */
  readonly onResult: (tag: 'readiness' | 'liveness', failing: readonly FailingCheck[]) => void;
  readonly emit: Emit;
  readonly log: Log;
}

export class CheckRunner implements Component {
  readonly name = 'checks';
  readonly #options: CheckRunnerOptions;
  readonly #watched: readonly WatchedCheck[];
  /** What was told last, by label. */
  readonly #told = new Map<string, { readonly passing: boolean; readonly text: string }>();
  readonly #scope = new Scope();
  #round: AbortController | undefined;

  constructor(options: CheckRunnerOptions) {
    const { config, env, cwd, state, app, log } = options;
    this.#options = options;
    this.#watched = config.checks.map((spec, index) => {
      const check = new Check(spec, index + 1, { env, cwd, silenced: config.silenced, log });
      return new WatchedCheck(check, {
        config,
        state,
        app,
        onRan: (watched, result) => this.#ran(watched, result),
        onStale: (watched) => this.#tell(watched),
      });
    });
  }

  /** Resolves when a bug of ours ended the runs. */
  get failed(): Promise<Error> {
    return this.#scope.failed;
  }

  /** Loads the modules, so that a broken one ends the start early. Nothing runs before `startupPassed`. */
  async start(signal: AbortSignal): Promise<void> {
    this.#warnOfOtherHosts();
    const { timeoutMs } = this.#options.config;
    await Promise.all(this.#watched.map(({ check }) => check.load({ timeoutMs, signal })));
  }

  /**
   * Begins to run the checks. Resolves when every startup check has passed and every other one has a
   * first result; throws `app-not-up` after `timeoutMs`, and an AbortError. For an app that follows
   * another one only the startup checks run, once more and beside those of the app that serves.
   */
  async startupPassed(
    signal: AbortSignal,
    timeoutMs = Infinity,
    app: CheckContext['app'] = {},
  ): Promise<void> {
    if (this.#round !== undefined) {
      await this.#passedOnceMore(app, signal, timeoutMs);
      return;
    }
    this.#watchAll();
    const deadline = Deadline.after(timeoutMs);
    const until = AbortSignal.any([signal, deadline.signal]);
    const settled = Promise.all(this.#watched.map((watched) => watched.settled));
    const done = await doneBefore(settled, until);
    deadline.expire();
    if (done) return;
    if (signal.aborted) throw abortError(signal, 'waiting for the startup checks');
    throw this.#notPassed();
  }

  /** Another app serves: every check runs again at once, and knows nothing of the one before. */
  renew(): void {
    for (const watched of this.#watched) watched.forget();
    this.#watchAll();
  }

  async stop(deadline: Deadline): Promise<void> {
    await this.#scope.close(deadline);
    await Promise.all(this.#watched.map((watched) => watched.close()));
  }

  async #passedOnceMore(
    app: CheckContext['app'],
    signal: AbortSignal,
    timeoutMs: number,
  ): Promise<void> {
    const deadline = Deadline.after(timeoutMs);
    const until = AbortSignal.any([signal, deadline.signal]);
    const startup = this.#watched.filter(({ check }) => check.spec.tags.includes('startup'));
    const reasons = await Promise.all(
      startup.map(async (watched) => {
        const failure = await watched.passesFor(app, until);
        return failure === undefined ? [] : [`${watched.check.label}: ${failure}`];
      }),
    );
    deadline.expire();
    if (signal.aborted) throw abortError(signal, 'waiting for the startup checks');
    if (reasons.flat().length > 0) throw notPassed(reasons.flat());
  }

  #watchAll(): void {
    this.#round?.abort();
    this.#round = new AbortController();
    const { signal } = this.#round;
    for (const watched of this.#watched) {
      this.#scope.run(`check ${watched.check.label}`, (aborted) =>
        watched.watch(AbortSignal.any([aborted, signal])),
      );
    }
  }

  #ran(watched: WatchedCheck, { outcome, durationMs }: CheckResult): void {
    this.#options.emit('check.ran', {
      check: watched.check.label,
      passing: outcome !== 'fail',
      duration_ms: Math.round(durationMs),
    });
    this.#tell(watched);
  }

  /** Events and warnings only for what changed; the probes want to know all of it. */
  #tell(watched: WatchedCheck): void {
    const { label, spec } = watched.check;
    const { text } = watched;
    const passing = watched.failing === undefined;
    const told = this.#told.get(label);
    this.#told.set(label, { passing, text });
    if (told?.passing !== passing) {
      this.#options.emit('check.changed', { check: label, tags: spec.tags, passing, text });
    } else if (passing && text !== '' && text !== told.text) {
      this.#options.log.warn({ check: label, text }, 'check warns');
    }
    for (const tag of ['readiness', 'liveness'] as const) {
      if (spec.tags.includes(tag)) this.#options.onResult(tag, this.#failing(tag));
    }
  }

  #failing(tag: 'readiness' | 'liveness'): readonly FailingCheck[] {
    return this.#watched
      .filter(({ check }) => check.spec.tags.includes(tag))
      .flatMap(({ failing }) => failing ?? []);
  }

  #warnOfOtherHosts(): void {
    for (const { check } of this.#watched) {
      if (!check.spec.tags.includes('liveness') || !reachesOtherHost(check.spec.target)) continue;
      this.#options.log.warn(
        { check: check.label },
        'a liveness check reaches another host: when that host fails, every replica is restarted; tag it readiness instead',
      );
    }
  }

  #notPassed(): HurricaneError {
    const waiting = this.#watched.filter(({ startupPending }) => startupPending);
    return notPassed(waiting.map(({ check, text }) => `${check.label}: ${text}`));
  }
}

function notPassed(reasons: readonly string[]): HurricaneError {
  return new HurricaneError(
    'app-not-up',
    `startup checks had not passed at the end of --app-start-timeout: ${reasons.join('; ')}`,
    { hint: 'correct what they name, or raise --app-start-timeout' },
  );
}
