// Runs the checks on their interval and tells, per tag, which of them fail. Probes never cause a run.

import type { CheckConfig } from '../config/slices/observation.ts';
import type { Component } from '../core/component.ts';
import { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { FailingCheck } from '../core/failing-check.ts';
import type { Log } from '../core/log.ts';
import { Scope } from '../core/scope.ts';
import { abortError, doneBefore } from '../lib/waiting.ts';
import { Check, checkOf, labelOf, type CheckIdentity, type CheckResult } from './check.ts';
import { targetOfCall, type Call, type CheckContext } from './check-target.ts';
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
  readonly #watched: WatchedCheck[];
  /** What was told last, by label. */
  readonly #told = new Map<string, { readonly passing: boolean; readonly text: string }>();
  readonly #scope = new Scope();
  #round: AbortController | undefined;
  #othersBegan = false;

  constructor(options: CheckRunnerOptions) {
    const { config, env, cwd, log } = options;
    const { silenced } = config;
    this.#options = options;
    this.#watched = config.checks.map((spec, index) =>
      this.#watchedOf(checkOf(spec, index + 1, { env, cwd, silenced, log })),
    );
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

  /** One that no configuration names; before `startupPassed`. */
  add(identity: CheckIdentity, call: Call): void {
    const check = new Check(identity, targetOfCall(call), this.#options.config.silenced);
    this.#watched.push(this.#watchedOf(check));
  }

  /**
   * Begins to run the startup checks, and the others when all of them have passed: what those look at need
   * not be there before. Resolves when each of those has a first result; throws `app-not-up` when the
   * startup checks have not passed after `timeoutMs`, and an AbortError. For an app that follows another
   * one the startup checks run once more, beside those of the app that serves.
   */
  async startupPassed(
    signal: AbortSignal,
    timeoutMs = Infinity,
    app: CheckContext['app'] = {},
  ): Promise<void> {
    const deadline = Deadline.after(timeoutMs);
    const until = AbortSignal.any([signal, deadline.signal]);
    const failures =
      this.#round === undefined
        ? await this.#beginStartup(until)
        : await this.#askAgain(app, until);
    deadline.expire();
    if (!signal.aborted && failures.length > 0) throw notPassed(failures);
    if (!(await this.#knowOthers(signal))) {
      throw abortError(signal, 'waiting for the startup checks');
    }
  }

  /** Another app serves: every check runs again at once, and knows nothing of the one before. */
  renew(): void {
    for (const watched of this.#watched) watched.forget();
    this.#watch(this.#watched, this.#newRound());
  }

  async stop(deadline: Deadline): Promise<void> {
    await this.#scope.close(deadline);
    await Promise.all(this.#watched.map((watched) => watched.close()));
  }

  #watchedOf(check: Check): WatchedCheck {
    const { config, state, app } = this.#options;
    return new WatchedCheck(check, {
      ...{ config, state, app },
      onRan: (watched, result) => this.#ran(watched, result),
      onStale: (watched) => this.#tell(watched),
    });
  }

  /** Returns why those fail that had not passed in time. */
  async #beginStartup(until: AbortSignal): Promise<readonly string[]> {
    this.#watch(this.#startupChecks, this.#newRound());
    await doneBefore(allSettled(this.#startupChecks), until);
    return this.#startupChecks
      .filter(({ startupPending }) => startupPending)
      .map(({ check, text }) => `${check.label}: ${text}`);
  }

  async #askAgain(app: CheckContext['app'], until: AbortSignal): Promise<readonly string[]> {
    const failures = await Promise.all(
      this.#startupChecks.map(async (watched) => {
        const failure = await watched.passesFor(app, until);
        return failure === undefined ? [] : [`${watched.check.label}: ${failure}`];
      }),
    );
    return failures.flat();
  }

  /** False when the signal aborted before. */
  #knowOthers(signal: AbortSignal): Promise<boolean> {
    if (!signal.aborted && !this.#othersBegan && this.#round !== undefined) {
      this.#othersBegan = true;
      this.#watch(this.#otherChecks, this.#round.signal);
    }
    return doneBefore(allSettled(this.#otherChecks), signal);
  }

  get #startupChecks(): readonly WatchedCheck[] {
    return this.#watched.filter(({ check }) => check.identity.tags.includes('startup'));
  }

  get #otherChecks(): readonly WatchedCheck[] {
    return this.#watched.filter(({ check }) => !check.identity.tags.includes('startup'));
  }

  /** Those of the round before are not watched any more. */
  #newRound(): AbortSignal {
    this.#round?.abort();
    this.#round = new AbortController();
    return this.#round.signal;
  }

  #watch(checks: readonly WatchedCheck[], round: AbortSignal): void {
    for (const watched of checks) {
      this.#scope.run(`check ${watched.check.label}`, (aborted) =>
        watched.watch(AbortSignal.any([aborted, round])),
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
    const { label, tags } = watched.check.identity;
    const { text } = watched;
    const passing = watched.failing === undefined;
    const told = this.#told.get(label);
    this.#told.set(label, { passing, text });
    if (told?.passing !== passing) {
      this.#options.emit('check.changed', { check: label, tags, passing, text });
    } else if (passing && text !== '' && text !== told.text) {
      this.#options.log.warn({ check: label, text }, 'check warns');
    }
    for (const tag of ['readiness', 'liveness'] as const) {
      if (tags.includes(tag)) this.#options.onResult(tag, this.#failing(tag));
    }
  }

  #failing(tag: 'readiness' | 'liveness'): readonly FailingCheck[] {
    return this.#watched
      .filter(({ check }) => check.identity.tags.includes(tag))
      .flatMap(({ failing }) => failing ?? []);
  }

  #warnOfOtherHosts(): void {
    for (const [index, spec] of this.#options.config.checks.entries()) {
      if (!spec.tags.includes('liveness') || !reachesOtherHost(spec.target)) continue;
      this.#options.log.warn(
        { check: labelOf(spec, index + 1) },
        'a liveness check reaches another host: when that host fails, every replica is restarted; tag it readiness instead',
      );
    }
  }
}

async function allSettled(checks: readonly WatchedCheck[]): Promise<void> {
  await Promise.all(checks.map((watched) => watched.settled));
}

function notPassed(reasons: readonly string[]): HurricaneError {
  return new HurricaneError(
    'app-not-up',
    `startup checks had not passed at the end of --app-start-timeout: ${reasons.join('; ')}`,
    { hint: 'correct what they name, or raise --app-start-timeout' },
  );
}
