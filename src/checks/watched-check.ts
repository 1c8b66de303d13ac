// One check that runs again and again, and what is known about it in between.

import type { CheckConfig } from '../config/slices/observation.ts';
import type { FailingCheck } from '../core/failing-check.ts';
import type { CheckResult, Check } from './check.ts';
import type { CheckContext } from './check-target.ts';
import { CheckHistory } from './check-history.ts';
import { onInterval } from './on-interval.ts';

export interface WatchedCheckOptions {
  readonly config: CheckConfig;
  readonly state: () => string;
  /** Where the app listens that is looked at. */
  readonly app: () => CheckContext['app'];
  readonly onRan: (check: WatchedCheck, result: CheckResult) => void;
  /** The result is too old now. */
  readonly onStale: (check: WatchedCheck) => void;
}

/** A startup check that has not passed yet is asked at least this often: the app waits for it. */
const STARTUP_INTERVAL_MS = 1000;

export class WatchedCheck {
  readonly check: Check;
  readonly #options: WatchedCheckOptions;
  #history: CheckHistory;
  readonly #settled = Promise.withResolvers<undefined>();
  #text = 'it has not run yet';
  #startupPending: boolean;
  #age: NodeJS.Timeout | undefined;

  constructor(check: Check, options: WatchedCheckOptions) {
    this.check = check;
    this.#options = options;
    this.#history = new CheckHistory(options.config);
    this.#startupPending = check.identity.tags.includes('startup');
  }

  /** Resolves when a startup check has passed, another one has run. */
  get settled(): Promise<undefined> {
    return this.#settled.promise;
  }

  get startupPending(): boolean {
    return this.#startupPending;
  }

  /** Why it fails; what it warns of while it passes. */
  get text(): string {
    return this.#text;
  }

  /** Undefined while it passes. */
  get failing(): FailingCheck | undefined {
    return this.#history.failing ? { name: this.check.identity.name, text: this.#text } : undefined;
  }

  /** Runs until the signal aborts; a check for startup alone until it has passed. */
  async watch(signal: AbortSignal): Promise<void> {
    const { intervalMs } = this.#options.config;
    if (this.#startupPending) {
      await onInterval(this.#startupIntervalMs, signal, async () => {
        await this.#run(signal);
        return this.#startupPending;
      });
    }
    if (this.#startupOnly || signal.aborted) return;
    await onInterval(intervalMs, signal, async () => {
      await this.#run(signal);
      return true;
    });
  }

  /** What is known is about another app. */
  forget(): void {
    clearTimeout(this.#age);
    this.#history = new CheckHistory(this.#options.config);
    this.#text = 'it has not run since the app was started again';
  }

  /**
   * Runs until it passes for this app or the signal aborts, and leaves alone what is known of the app
   * that serves. Returns why it did not pass.
   */
  async passesFor(app: CheckContext['app'], signal: AbortSignal): Promise<string | undefined> {
    const { timeoutMs } = this.#options.config;
    let failure: string | undefined = 'it has not run yet';
    await onInterval(this.#startupIntervalMs, signal, async () => {
      const result = await this.check.run({ state: 'starting', app }, { timeoutMs, signal });
      if (!signal.aborted) failure = result.outcome === 'fail' ? result.text : undefined;
      return failure !== undefined && !signal.aborted;
    });
    return failure;
  }

  get #startupIntervalMs(): number {
    return Math.min(this.#options.config.intervalMs, STARTUP_INTERVAL_MS);
  }

  get #startupOnly(): boolean {
    return this.check.identity.tags.every((tag) => tag === 'startup');
  }

  async close(): Promise<void> {
    clearTimeout(this.#age);
    await this.check.close();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { config, state, app, onRan } = this.#options;
    const { timeoutMs } = config;
    const result = await this.check.run({ state: state(), app: app() }, { timeoutMs, signal });
    // A run that was cut by the end says nothing about what it checks.
    if (signal.aborted) return;
    const passed = result.outcome !== 'fail';
    this.#history.add(passed);
    this.#text = result.text;
    if (passed) this.#startupPending = false;
    if (!this.#startupPending) this.#settled.resolve(undefined);
    if (!this.#startupOnly) this.#watchAge();
    onRan(this, result);
  }

  #watchAge(): void {
    const { maxAgeMs } = this.#options.config;
    clearTimeout(this.#age);
    this.#age = setTimeout(() => {
      this.#history.expire();
      this.#text = `stale: the last result is older than ${maxAgeMs / 1000}s (--check-max-age)`;
      this.#options.onStale(this);
    }, maxAgeMs).unref();
  }
}
