// The parts of `hurricane serve`, who tells whom, and what each does in the story.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';

import { CheckRunner } from '../checks/check-runner.ts';
import type { ListenConfig, ServeConfig } from '../config/config.ts';
import { Deadline } from '../core/deadline.ts';
import { Events, type Emit, type ReplacementCause } from '../core/events.ts';
import type { Log } from '../core/log.ts';
import type { RequestRecord } from '../core/request-record.ts';
import { Listener, type Handler } from '../http/listener.ts';
import { Metrics } from '../metrics/metrics.ts';
import { Health } from '../probes/health.ts';
import { ProbeServer } from '../probes/probe-server.ts';
import { displayCommand } from '../process/command.ts';
import type { OutputLine } from '../process/output.ts';
import { Reaper } from '../process/reaper.ts';
import { wrapperWarning } from '../process/wrappers.ts';
import { AccessLog } from '../proxy/access-log.ts';
import { Proxy } from '../proxy/proxy.ts';
import { runStartupCommands } from '../startup/startup-commands.ts';
import { waitForDependencies } from '../startup/wait-for.ts';
import { WebhookSender } from '../webhooks/webhook-sender.ts';
import { announceProbes } from './announce.ts';
import type { Edge } from './edge.ts';
import { narrator } from './narrator.ts';
import type { Cast } from './run.ts';
import { Supervisor } from './supervisor.ts';

/** Time for a probe that is just being answered. */
const LAST_PROBES_MS = 100;

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
  readonly #edge: Edge;
  readonly #log: Log;
  /** The environment of every program that we start: ours without our secrets. */
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #reaper: Reaper;
  readonly #health: Health;
  readonly #metrics: Metrics;
  readonly #checks: CheckRunner;
  readonly #webhooks: WebhookSender;
  readonly #accessLog: AccessLog;
  readonly #probeServer: ProbeServer;
  readonly #appListener: Listener;
  readonly #probeListener: Listener | undefined;
  #state: 'starting' | 'up' | 'draining' = 'starting';

  constructor({ config, edge, log, droppedLines }: ServeCastOptions) {
    this.#config = config;
    this.#edge = edge;
    this.#log = log;
    this.#env = withoutSecrets(edge.env, config.secretVariables);
    this.#reaper = new Reaper({
      pid: edge.pid,
      onChildEnded: (listener) => edge.onChildEnded(listener),
      log: log.component('reaper'),
    });
    const events = new Events();
    const { emit } = events;
    this.emit = emit;
    this.intake = new Proxy({
      config: config.proxy,
      stop: config.stop,
      queueLimit: config.health.queueLimit,
      onQueueChange: () => this.#health.loadChanged(),
      onFinished: (record) => this.#onFinished(record),
      emit,
      door: () => this.#appListener,
    });
    this.#health = new Health({
      config: config.health,
      debug: config.debug,
      load: () => this.intake.load,
      emit,
    });
    this.#checks = new CheckRunner({
      config: config.checks,
      env: this.#env,
      cwd: edge.cwd,
      state: () => this.#state,
      app: () => this.app.variables,
      onResult: (tag, failing) => this.#health.checksChanged(tag, failing),
      emit,
      log: log.component('checks'),
    });
    this.#webhooks = new WebhookSender({
      config: config.webhooks,
      podname: hostname(),
      emit,
      log: log.component('webhooks'),
    });
    this.#metrics = new Metrics({
      load: () => this.intake.load,
      report: () => this.intake.report(),
      webhooksQueued: () => this.#webhooks.queued,
      logLinesDropped: droppedLines,
      reaper: () => this.#reaper,
    });
    this.app = new Supervisor({
      config: config.app,
      supervision: config.supervision,
      gracePeriodMs: config.stop.gracePeriodMs,
      intake: this.intake,
      onServing: (serving) => this.#onServing(serving),
      env: this.#env,
      cwd: edge.cwd,
      onLine: config.log.app === 'json' ? this.#onAppLine : undefined,
      startupChecks: (app, { signal, timeoutMs }) =>
        this.#checks.startupPassed(signal, timeoutMs, app),
      emit,
      log: log.component('app'),
    });
    this.#accessLog = new AccessLog(log.component('access'), config.proxy.accessLog);
    this.#probeServer = new ProbeServer({
      config: config.probes,
      verdict: (probe) => this.#health.verdict(probe),
      page: () => this.#metrics.page(),
      log: log.component('probes'),
    });
    this.#appListener = this.#listener(config.listen, '--port', this.#appHandler());
    this.#probeListener = this.#separateProbes();
    events.subscribe(narrator(log));
    events.subscribe((event) => this.#metrics.observe(event));
    events.subscribe((event) => this.#webhooks.observe(event));
  }

  get failed(): Promise<Error> {
    return Promise.race([this.#checks.failed, this.app.failed]);
  }

  get hasWebhooks(): boolean {
    return this.#config.webhooks.receivers.length > 0;
  }

  async listen(): Promise<void> {
    const { app, startup } = this.#config;
    const command = displayCommand(app.command);
    this.emit('hurricane.started', { version: this.#edge.version, command });
    const wrapper = wrapperWarning(app.command);
    if (wrapper !== undefined) this.#log.warn({}, wrapper);
    await this.#reaper.start();
    // With startup commands it is looked for after them: they may build it.
    if (startup.commands.length === 0) this.app.assertExecutable();
    await this.#probeListener?.bind();
    await this.#appListener.bind();
    if (this.#probeListener !== undefined) {
      this.emit('listener.bound', { listener: 'probe', ...this.#probeListener.address });
    }
    announceProbes(
      this.#config.probes,
      (this.#probeListener ?? this.#appListener).address.port,
      this.#log,
    );
    this.emit('listener.bound', { listener: 'app', ...this.#appListener.address });
  }

  async prepare(signal: AbortSignal, over: AbortSignal): Promise<void> {
    const { startup } = this.#config;
    const common = { signal, emit: this.emit, log: this.#log.component('startup') };
    await waitForDependencies(startup.waitFor, { ...common, timeoutMs: startup.waitTimeoutMs });
    await runStartupCommands(startup.commands, {
      ...common,
      timeoutMs: startup.commandTimeoutMs,
      over,
      env: this.#env,
      cwd: this.#edge.cwd,
    });
    await this.#checks.start(signal);
  }

  announceUp(): void {
    const seconds = Math.round(performance.now()) / 1000;
    this.#state = 'up';
    this.emit('startup.succeeded', { duration_s: seconds });
    this.#health.startupFinished(seconds);
  }

  /** A new app instead of the one that serves, if that can be; the log tells what became of it. */
  reload(cause: ReplacementCause): void {
    void this.app.reload(cause).then((answer) => {
      if (!answer.done) this.#log.warn({ cause, reason: answer.reason }, 'no new app');
    });
  }

  announceStop(): void {
    this.#state = 'draining';
    this.#health.drainStarted();
  }

  async farewell(deadline: Deadline): Promise<void> {
    await this.#checks.stop(deadline);
    await this.#webhooks.stop(deadline);
    this.#health.stop();
    await this.#reaper.stop();
    const atOnce = Deadline.after(LAST_PROBES_MS);
    await Promise.all([this.#appListener.close(atOnce), this.#probeListener?.close(atOnce)]);
    atOnce.expire();
  }

  #appHandler(): Handler {
    if (!this.#config.probes.integrated) return this.intake;
    return {
      handleRequest: (request, response) => {
        if (!this.#probeServer.handle(request, response))
          this.intake.handleRequest(request, response);
      },
      wantsUpgrade: (request) => this.intake.wantsUpgrade(request),
      handleUpgrade: (request, socket, head) => this.intake.handleUpgrade(request, socket, head),
      noteMalformed: (fault, socket) => this.intake.noteMalformed(fault, socket),
    };
  }

  #separateProbes(): Listener | undefined {
    const { listen, integrated } = this.#config.probes;
    if (listen === undefined || integrated) return undefined;
    return this.#listener(listen, '--probe-port', {
      handleRequest: (request: IncomingMessage, response: ServerResponse) =>
        this.#probeServer.handleAll(request, response),
    });
  }

  #listener({ host, port }: ListenConfig, portFlag: string, handler: Handler): Listener {
    const { headerTimeoutMs, idleTimeoutMs, maxHeaderBytes } = this.#config.proxy;
    return new Listener({
      host,
      port,
      portFlag,
      headerTimeoutMs,
      idleTimeoutMs,
      maxHeaderBytes,
      handler,
    });
  }

  #onServing(serving: boolean): void {
    this.#health.appServes(serving);
    if (serving && this.#state !== 'starting') this.#checks.renew();
  }

  #onFinished(record: RequestRecord): void {
    this.#metrics.recordRequest(record);
    this.#accessLog.write(record);
    this.#health.loadChanged();
  }

  readonly #onAppLine = ({ stream, text, continued }: OutputLine): void => {
    this.#log.info(
      { component: 'app', stream, line: text, continued: continued || undefined },
      'app output',
    );
  };
}

function withoutSecrets(
  env: Edge['env'],
  secrets: readonly string[],
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secrets.includes(name)));
}
