// The parts that `hurricane serve` has of its own: the intake for HTTP, its listener, and the app behind.

import type { ServeConfig } from '../config/config.ts';
import type { Deadline } from '../core/deadline.ts';
import type { Emit, ReplacementCause } from '../core/events.ts';
import type { Log } from '../core/log.ts';
import type { RequestRecord } from '../core/request-record.ts';
import { Listener, type Handler, type ListenerLimits } from '../http/listener.ts';
import { usedBytes } from '../process/memory.ts';
import { AccessLog } from '../proxy/access-log.ts';
import { Proxy } from '../proxy/proxy.ts';
import { Backstage } from './backstage.ts';
import { Caretaker } from './caretaker.ts';
import type { Edge } from './edge.ts';
import type { Cast } from './run.ts';
import { Supervisor } from './supervisor.ts';

export interface ServeCastOptions {
  readonly config: ServeConfig;
  readonly edge: Edge;
  readonly log: Log;
  /** Log lines that nobody read in time. */
  readonly droppedLines: () => number;
}

/** Built without effect; everything happens in the order of run.ts. */
export class ServeCast implements Cast {
  readonly app: Supervisor;
  readonly intake: Proxy;
  readonly emit: Emit;
  readonly #config: ServeConfig;
  readonly #log: Log;
  readonly #backstage: Backstage;
  readonly #caretaker: Caretaker;
  readonly #accessLog: AccessLog;
  readonly #appListener: Listener;

  constructor({ config, edge, log, droppedLines }: ServeCastOptions) {
    this.#config = config;
    this.#log = log;
    this.#backstage = new Backstage({
      config,
      edge,
      log,
      droppedLines,
      limits: limitsOf(config),
      requests: {
        load: () => this.intake.load,
        report: () => this.intake.report(),
        now: () => this.intake.inHand(),
      },
      app: () => this.app,
    });
    const { emit, health, checks, env, onAppLine } = this.#backstage;
    this.emit = emit;
    this.intake = new Proxy({
      config: config.proxy,
      stop: config.stop,
      queueLimit: config.health.queueLimit,
      onQueueChange: () => health.loadChanged(),
      onFinished: (record) => this.#onFinished(record),
      emit,
      awaitsRestart: () => config.supervision.restart !== 'never',
      door: () => this.#appListener,
    });
    this.app = new Supervisor({
      config: config.app,
      supervision: config.supervision,
      gracePeriodMs: config.stop.gracePeriodMs,
      intake: this.intake,
      onServing: (serving) => this.#backstage.appServes(serving),
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
      finished: () => this.intake.load.finished,
      usedBytes: (pid) => usedBytes(pid, edge.pid),
      sickness: () => {
        const { reason, details } = health.verdict('liveness');
        return reason === 'check' ? details : undefined;
      },
      replace: (cause) => this.app.reload(cause),
      log: log.component('app'),
    });
    this.#accessLog = new AccessLog(log.component('access'), config.proxy.accessLog);
    this.#appListener = new Listener({
      ...config.listen,
      ...limitsOf(config),
      portFlag: '--port',
      handler: this.#appHandler(),
    });
  }

  get failed(): Promise<Error> {
    return Promise.race([this.#backstage.failed, this.app.failed, this.#caretaker.failed]);
  }

  get hasWebhooks(): boolean {
    return this.#backstage.hasWebhooks;
  }

  async listen(): Promise<void> {
    await this.#backstage.begin();
    // With startup commands it is looked for after them: they may build it.
    if (this.#config.startup.commands.length === 0) this.app.assertExecutable();
    await this.#backstage.listen(this.#appListener);
    this.emit('listener.bound', { listener: 'app', ...this.#appListener.address });
  }

  prepare(signal: AbortSignal, over: AbortSignal): Promise<void> {
    return this.#backstage.prepare(signal, over);
  }

  announceUp(): void {
    this.#backstage.announceUp();
    void this.#caretaker.start();
  }

  /** A new app instead of the one that serves, if that can be; the log tells what became of it. */
  reload(cause: ReplacementCause): void {
    void this.app.reload(cause).then((answer) => {
      if (!answer.done) this.#log.warn({ cause, reason: answer.reason }, 'no new app');
    });
  }

  announceStop(): void {
    this.#backstage.announceStop();
  }

  async farewell(deadline: Deadline): Promise<void> {
    await this.#caretaker.stop(deadline);
    await this.#backstage.farewell(deadline, this.#appListener);
  }

  #appHandler(): Handler {
    if (!this.#config.probes.integrated) return this.intake;
    const { probeServer } = this.#backstage;
    return {
      handleRequest: (request, response) => {
        if (!probeServer.handle(request, response)) this.intake.handleRequest(request, response);
      },
      wantsUpgrade: (request) => this.intake.wantsUpgrade(request),
      handleUpgrade: (request, socket, head) => this.intake.handleUpgrade(request, socket, head),
      noteMalformed: (fault, socket) => this.intake.noteMalformed(fault, socket),
    };
  }

  #onFinished(record: RequestRecord): void {
    this.#backstage.metrics.recordRequest(record);
    this.#accessLog.write(record);
    this.#backstage.health.loadChanged();
  }
}

function limitsOf({ proxy }: ServeConfig): ListenerLimits {
  const { headerTimeoutMs, idleTimeoutMs, maxHeaderBytes } = proxy;
  return { headerTimeoutMs, idleTimeoutMs, maxHeaderBytes };
}
