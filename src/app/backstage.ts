// What stands behind everything that runs until it is stopped, whatever it does: reaper, health, checks, webhooks, metrics,
// probes, control socket; who tells whom, and the share of each in the story.

import { hostname } from 'node:os';
import { resolve } from 'node:path';

import { CheckRunner } from '../checks/check-runner.ts';
import type { RunningConfig } from '../config/config.ts';
import { ControlServer } from '../control/control-server.ts';
import { switchedOff } from '../core/registrar.ts';
import { CustomMetrics } from '../custom-metrics/custom-metrics.ts';
import { PushedMetrics } from '../custom-metrics/pushed-metrics.ts';
import { Deadline } from '../core/deadline.ts';
import type { Emit, Events, ProbeName } from '../core/events.ts';
import type { Log } from '../core/log.ts';
import type { Listener } from '../http/listener.ts';
import { monotonicMs } from '../lib/clock.ts';
import { Metrics } from '../metrics/metrics.ts';
import { Health } from '../probes/health.ts';
import { messageWords, requestWords, type Away } from '../probes/judge.ts';
import { ProbeServer } from '../probes/probe-server.ts';
import type { OutputLine } from '../process/output.ts';
import { Reaper } from '../process/reaper.ts';
import { passStartup } from '../startup/startup.ts';
import { displayTarget } from '../startup/wait-for.ts';
import { WebhookSender } from '../webhooks/webhook-sender.ts';
import { announceProbes } from './announce.ts';
import { Chronicle } from './chronicle.ts';
import type { Edge } from './edge.ts';
import type { RequestBooks } from './front.ts';
import type { MessageBooks } from './message-books.ts';
import { narrator } from './narrator.ts';
import { operationsOf } from './operations.ts';
import { probeListener } from './probe-listener.ts';
import { CONTROL_VARIABLE, programEnvironment } from './program-environment.ts';
import { loadOf } from './side-by-side.ts';
import { statusOf, type Status } from './status.ts';
import type { Supervisor } from './supervisor.ts';

/** Time for a probe that is just being answered. */
const LAST_PROBES_MS = 100;

export interface BackstageOptions {
  readonly config: RunningConfig;
  readonly edge: Edge;
  readonly log: Log;
  /** Log lines that nobody read in time. */
  readonly droppedLines: () => number;
  readonly events: Events;
  /** What follows is undefined where there is none. */
  readonly requests: RequestBooks | undefined;
  readonly messages: MessageBooks | undefined;
  readonly app:
    | (() => Pick<
        Supervisor,
        'variables' | 'address' | 'state' | 'since' | 'current' | 'reload' | 'restart'
      >)
    | undefined;
  /** No message is to be taken while true. */
  readonly setDrained?: (drained: boolean) => void;
  /** Told whenever a probe may answer otherwise. */
  readonly onHealthChange?: () => void;
}

/** Built without effect; everything happens in the order of run.ts. */
export class Backstage {
  readonly health: Health;
  readonly checks: CheckRunner;
  readonly metrics: Metrics;
  readonly probeServer: ProbeServer;
  readonly #options: BackstageOptions;
  readonly #emit: Emit;
  /** The environment of every program that we start: ours without our secrets. */
  readonly #env: Record<string, string | undefined>;
  readonly #chronicle: Chronicle;
  readonly #reaper: Reaper;
  readonly #webhooks: WebhookSender;
  readonly #customMetrics: CustomMetrics;
  readonly #control: ControlServer;
  readonly #probeListener: Listener | undefined;
  #state: 'starting' | 'up' | 'draining' = 'starting';

  constructor(options: BackstageOptions) {
    const { config, edge, log, events, droppedLines, requests, messages, app } = options;
    const { emit } = events;
    this.#options = options;
    this.#emit = emit;
    this.#chronicle = new Chronicle(config.startup.waitFor.map(displayTarget));
    const controlPath = resolve(edge.cwd, config.controlSocket);
    this.#env = programEnvironment(edge.env, config.secretVariables, controlPath);
    this.#reaper = new Reaper({
      pid: edge.pid,
      onChildEnded: (listener) => edge.onChildEnded(listener),
      log: log.component('reaper'),
    });
    this.health = new Health({
      config: config.health,
      debug: config.debug,
      work: requests === undefined && messages !== undefined ? messageWords : requestWords,
      load: () => loadOf(requests?.load(), messages?.load()),
      onChange: () => options.onHealthChange?.(),
      emit,
    });
    this.checks = new CheckRunner({
      config: config.checks,
      env: this.#env,
      cwd: edge.cwd,
      state: () => this.#state,
      app: () => app?.().variables ?? {},
      onResult: (tag, failing) => this.health.checksChanged(tag, failing),
      emit,
      log: log.component('checks'),
    });
    this.#webhooks = new WebhookSender({
      config: config.webhooks,
      podname: hostname(),
      env: this.#env,
      cwd: edge.cwd,
      emit,
      log: log.component('webhooks'),
    });
    this.metrics = new Metrics({
      requests,
      messages,
      supervises: options.app !== undefined,
      webhooksQueued: () => this.#webhooks.queued,
      logLinesDropped: droppedLines,
      reaper: () => this.#reaper,
      metricsSources: config.metricSources.map(({ name }) => name),
    });
    const pushed = new PushedMetrics(this.metrics);
    this.#customMetrics = new CustomMetrics({
      sources: config.metricSources,
      pushed: () => pushed.families,
      env: this.#env,
      cwd: edge.cwd,
      app: () => ({ address: app?.().address, variables: app?.().variables ?? {} }),
      emit,
      log: log.component('metrics'),
    });
    this.#control = new ControlServer({
      path: controlPath,
      operations: operationsOf({
        status: () => this.#status(true),
        takesMessages: messages !== undefined,
        setDrained: (drained) => {
          this.health.setDrained(drained);
          options.setDrained?.(drained);
        },
        isStopping: () => this.#state === 'draining',
        app: app && { reload: () => app().reload('ctl'), restart: () => app().restart() },
      }),
      registrars: {
        metrics: config.probes.metricsPath === undefined ? noMetrics : pushed,
        webhooks: this.#webhooks.types,
      },
      privately: (act) => edge.privately(act),
      emit,
      log: log.component('control'),
    });
    this.probeServer = new ProbeServer({
      config: config.probes,
      verdict: (probe) => this.health.verdict(probe),
      status: () => this.#status(config.debug),
      page: () => this.#customMetrics.complete(this.metrics.page()),
      numbers: () => ({ ...pushed.numbers(), ...this.metrics.numbers() }),
      log: log.component('probes'),
    });
    this.#probeListener = probeListener(config, requests !== undefined, (request, response) =>
      this.probeServer.handleAll(request, response),
    );
    events.subscribe(narrator(log));
    events.subscribe((event) => this.metrics.observe(event));
    events.subscribe((event) => this.#chronicle.observe(event));
    events.subscribe((event) => this.#webhooks.observe(event));
  }

  get env(): Readonly<Record<string, string | undefined>> {
    return this.#env;
  }

  /** For each line the app prints; undefined: it writes to our stdout and stderr itself. */
  get onAppLine(): ((line: OutputLine) => void) | undefined {
    return this.#options.config.log.app === 'json' ? this.#onAppLine : undefined;
  }

  get hasWebhooks(): boolean {
    return this.#options.config.webhooks.receivers.length > 0;
  }

  get failed(): Promise<Error> {
    return this.checks.failed;
  }

  /** What failing liveness checks say; undefined while none fails. */
  get sickness(): string | undefined {
    const { reason, details } = this.health.verdict('liveness');
    return reason === 'check' ? details : undefined;
  }

  /** What the start waits for; empty when nobody knows. */
  get startWaitsFor(): string {
    return this.#chronicle.startWaitsFor(true);
  }

  /** Says what begins, and reaps from now on. */
  async begin(command: string): Promise<void> {
    this.#emit('hurricane.started', { version: this.#options.edge.version, command });
    await this.#reaper.start();
  }

  /** Probes and control answer from now on; probes on the app's listener when they are integrated. */
  async listen(appListener: Listener | undefined): Promise<void> {
    const { config, log } = this.#options;
    await this.#probeListener?.bind();
    await appListener?.bind();
    if (this.#probeListener !== undefined) {
      this.#emit('listener.bound', { listener: 'probe', ...this.#probeListener.address });
    }
    announceProbes(config.probes, (this.#probeListener ?? appListener)?.address.port, log);
    if (appListener !== undefined) {
      this.#emit('listener.bound', { listener: 'app', ...appListener.address });
    }
    // Behind the ports: of two that have the same ones, the second has gone by now.
    if (!(await this.#control.start())) this.#env[CONTROL_VARIABLE] = undefined;
  }

  async prepare(signal: AbortSignal, over: AbortSignal): Promise<void> {
    const { config, edge, log } = this.#options;
    await this.#webhooks.start(signal);
    await this.#customMetrics.start(signal);
    await passStartup(config.startup, {
      ...{ signal, over },
      env: this.#env,
      cwd: edge.cwd,
      emit: this.#emit,
      log: log.component('startup'),
    });
    await this.checks.start(signal);
  }

  announceUp(): void {
    const seconds = Math.round(monotonicMs()) / 1000;
    this.#state = 'up';
    this.#emit('startup.succeeded', { duration_s: seconds });
    this.health.startupFinished(seconds);
  }

  /** What work goes to is away for a while, or is back. */
  setAway(away: Away | undefined): void {
    this.health.setAway(away);
    if (away === undefined && this.#state !== 'starting') this.checks.renew();
  }

  announceStop(): void {
    this.#state = 'draining';
    this.health.drainStarted();
  }

  async farewell(deadline: Deadline, appListener?: Listener): Promise<void> {
    await this.checks.stop(deadline);
    await this.#customMetrics.stop(deadline);
    await this.#webhooks.stop(deadline);
    this.health.stop();
    await this.#reaper.stop();
    const atOnce = Deadline.after(LAST_PROBES_MS);
    const last = [appListener?.close(atOnce), this.#probeListener?.close(atOnce)];
    await Promise.all([...last, this.#control.stop(atOnce)]);
    atOnce.expire();
  }

  #status(details: boolean): Status {
    const { config, edge, requests, messages, app } = this.#options;
    const sources = {
      version: edge.version,
      appVersion: config.appVersion,
      pid: edge.pid,
      verdict: (probe: ProbeName) => this.health.verdict(probe),
      app: app?.(),
      requests: requests && (() => requests.now()),
      messages: messages && (() => messages.status()),
      chronicle: this.#chronicle,
    };
    return statusOf(sources, details);
  }

  readonly #onAppLine = ({ stream, text, continued }: OutputLine): void => {
    this.#options.log.info(
      { component: 'app', stream, line: text, continued: continued || undefined },
      'app output',
    );
  };
}

const noMetrics = switchedOff(
  'there is no metrics page here, because of --no-metrics or --no-probe: leave it out to have one',
);
