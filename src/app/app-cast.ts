// The cast of every command that supervises an app: the app itself, who looks after it, the front where work
// comes in, if there is one, and all that stands behind them.

import type { SupervisingConfig } from '../config/config.ts';
import type { Intake } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import { Events, type Emit, type ReplacementCause } from '../core/events.ts';
import type { Address } from '../http/reach.ts';
import { displayCommand } from '../process/command.ts';
import { usedBytes } from '../process/memory.ts';
import { wrapperWarning } from '../process/wrappers.ts';
import { Reloader } from '../reload/reloader.ts';
import { Backstage } from './backstage.ts';
import { Caretaker } from './caretaker.ts';
import type { Delivery, DeliveryOptions } from './delivery.ts';
import type { Behind, Front } from './front.ts';
import type { Role } from './outcome.ts';
import type { PlayCast, Stage } from './run-to-end.ts';
import { sideBySide } from './side-by-side.ts';
import { Supervisor } from './supervisor.ts';

export interface AppCastOptions extends Stage {
  readonly config: SupervisingConfig;
  /** Undefined for an app that nobody hands work to. */
  readonly frontOf: ((behind: Behind) => Front) | undefined;
  /** Undefined for an app that no messages are posted to. */
  readonly deliveryOf: ((behind: BehindDelivery) => Delivery) | undefined;
}

export type BehindDelivery = Omit<DeliveryOptions, 'config' | 'transport'>;

/** Built without effect; everything happens in the order of run.ts. */
export class AppCast implements PlayCast {
  readonly app: Supervisor;
  readonly emit: Emit;
  readonly #options: AppCastOptions;
  readonly intake: Pick<Intake<Address>, 'open' | 'hold' | 'drain' | 'stop' | 'report'> | undefined;
  readonly #front: Front | undefined;
  readonly #delivery: Delivery | undefined;
  readonly #backstage: Backstage;
  readonly #caretaker: Caretaker;
  readonly #reloader: Reloader | undefined;

  constructor(options: AppCastOptions) {
    const { config, edge, log } = options;
    const events = new Events();
    const { emit } = events;
    this.#options = options;
    this.emit = emit;
    this.#front = options.frontOf?.({
      emit,
      log,
      onLoadChange: () => this.#backstage.health.loadChanged(),
      onFinished: (record) => this.#backstage.metrics.recordRequest(record),
      env: () => this.#backstage.env,
      handleProbe: (request, response) => this.#backstage.probeServer.handle(request, response),
    });
    this.#delivery = options.deliveryOf?.({
      endOf: (address) => this.app.endOf(address),
      emit,
      onSettled: (record) => this.#backstage.metrics.recordMessage(record),
      onChange: () => this.#backstage.health.loadChanged(),
    });
    this.intake = intakeOf(this.#front, this.#delivery);
    this.#backstage = new Backstage({
      ...options,
      events,
      requests: this.#front?.books,
      messages: this.#delivery?.books,
      setDrained: (drained) => this.#delivery?.setDrained(drained),
      app: () => this.app,
      onHealthChange: () => this.#delivery?.setNotReady(this.#whyNotReady()),
    });
    const { checks, env, onAppLine } = this.#backstage;
    this.app = new Supervisor({
      config: config.app,
      debugging: config.debugging,
      supervision: config.supervision,
      gracePeriodMs: config.stop.gracePeriodMs,
      intake: this.intake,
      onServing: (serving) => this.#backstage.setAway(serving ? undefined : restarting),
      env,
      cwd: edge.cwd,
      onLine: onAppLine,
      startupChecks: (app, { signal, timeoutMs }) => checks.startupPassed(signal, timeoutMs, app),
      emit,
      log: log.component('app'),
    });
    this.#caretaker = new Caretaker({
      config: config.care,
      served: () => this.app.served,
      finished: () => this.#finished,
      usedBytes: (pid) => usedBytes(pid, edge.pid),
      sickness: () => this.sickness,
      replace: (cause) => this.app.reload(cause),
      log: log.component('app'),
    });
    this.#reloader =
      config.autoreload &&
      new Reloader({
        config: config.autoreload,
        cwd: edge.cwd,
        reload: () => this.#reload('autoreload'),
        log: log.component('reload'),
      });
  }

  get role(): Role {
    return this.#front === undefined ? 'worker' : 'serve';
  }

  get givenBack(): number {
    return this.#delivery?.givenBack ?? 0;
  }

  get failed(): Promise<Error> {
    const parts = [this.#backstage, this.app, this.#caretaker, this.#reloader, this.#front];
    return Promise.race(parts.flatMap((part) => (part === undefined ? [] : [part.failed])));
  }

  get sickness(): string | undefined {
    return this.#backstage.sickness;
  }

  get startWaitsFor(): string {
    return this.#backstage.startWaitsFor;
  }

  get hasWebhooks(): boolean {
    return this.#backstage.hasWebhooks;
  }

  async listen(): Promise<void> {
    const { command } = this.#options.config.app;
    await this.#backstage.begin(displayCommand(command));
    const wrapper = wrapperWarning(command);
    if (wrapper !== undefined) this.#options.log.warn({}, wrapper);
    // With startup commands it is looked for after them: they may build it.
    if (this.#options.config.startup.commands.length === 0) this.app.assertExecutable();
    await this.#backstage.listen(this.#front?.listener);
    await this.#front?.start();
    await this.#reloader?.start();
  }

  prepare(signal: AbortSignal, over: AbortSignal): Promise<void> {
    return this.#backstage.prepare(signal, over);
  }

  announceUp(): void {
    this.#backstage.announceUp();
    void this.#caretaker.start();
    this.#beginDelivery();
    this.#reloader?.open();
  }

  get lastWords(): PlayCast['lastWords'] {
    return { restarts: this.app.restarts, stderr: this.app.lastErrors };
  }

  onSignal(signal: NodeJS.Signals): void {
    const { forwardHangUp } = this.#options.config.supervision;
    if (signal === 'SIGHUP' && !forwardHangUp) void this.#reload('sighup');
    else this.app.signal(signal);
  }

  /** The app works on without its messages until it is told to stop. */
  #beginDelivery(): void {
    const { shutdown } = this.#options;
    void this.#delivery?.failed.then((error) =>
      shutdown.request({ kind: 'failed', error, worksOn: true }),
    );
    void this.#delivery?.start(shutdown.signal);
  }

  #whyNotReady(): string | undefined {
    const { health } = this.#backstage;
    const refusal = (['readiness', 'liveness'] as const)
      .map((probe) => health.verdict(probe))
      .find(({ passing }) => !passing);
    return refusal && `not ready: ${refusal.text}`;
  }

  /** Both wear out the app. */
  get #finished(): number {
    const requests = this.#front?.intake.load.finished ?? 0;
    return requests + (this.#delivery?.load.finished ?? 0);
  }

  /** A new app instead of the one that serves, if that can be; the log tells what became of it. */
  async #reload(cause: ReplacementCause): Promise<void> {
    const answer = await this.app.reload(cause);
    if (answer.done || answer.told) return;
    this.#options.log.warn({ cause, reason: answer.reason }, 'no new app');
  }

  announceStop(): void {
    this.#backstage.announceStop();
  }

  async farewell(deadline: Deadline): Promise<void> {
    await this.#caretaker.stop(deadline);
    await this.#reloader?.stop(deadline);
    await this.#front?.stop(deadline);
    await this.#backstage.farewell(deadline, this.#front?.listener);
  }
}

function intakeOf(front: Front | undefined, delivery: Delivery | undefined): AppCast['intake'] {
  if (front === undefined || delivery === undefined) return front?.intake ?? delivery;
  return sideBySide(front.intake, delivery);
}

const restarting = { reason: 'restarting', text: 'the app is being restarted' } as const;
