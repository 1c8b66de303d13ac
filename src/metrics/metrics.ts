// Every metric once: its name, help, kind, and where its value comes from.

import type { HurricaneEvent, ProbeName } from '../core/events.ts';
import type { MessageRecord } from '../core/message-record.ts';
import type { RequestRecord } from '../core/request-record.ts';
import { AppInstruments } from './app-instruments.ts';
import { counter, gauge, single, summary, type Family, type Sample } from './family.ts';
import { HttpInstruments, type RequestSources } from './http-instruments.ts';
import { MessageInstruments, type MessageSources } from './message-instruments.ts';
import { Counter, Gauge, Summary } from './instruments.ts';
import { reaperFamilies, type ReaperSource } from './reaper-instruments.ts';
import { Registry } from './registry.ts';
import { RouteInstruments } from './route-instruments.ts';
import { runtimeFamilies } from './runtime-metrics.ts';

/** Values that others keep anyway; read at each scrape. */
export interface MetricSources {
  /** Undefined where there are no requests, and then no metrics of them. */
  readonly requests: RequestSources | undefined;
  readonly messages: MessageSources | undefined;
  /** False where no app is supervised. */
  readonly supervises: boolean;
  webhooksQueued(): number;
  logLinesDropped(): number;
  reaper(): ReaperSource;
  /** The names of what gives custom metrics. */
  readonly metricsSources: readonly string[];
}

const probes: Record<ProbeName, number> = { startup: 0, readiness: 0, liveness: 0 };

/** Observes events and finished requests; renders them as Prometheus text. */
export class Metrics {
  /** All there are, for the reference page. */
  readonly families: readonly Family[];
  readonly #registry = new Registry();
  readonly #http = new HttpInstruments();
  readonly #routes: RouteInstruments;
  readonly #app = new AppInstruments();
  readonly #messages = new MessageInstruments();
  readonly #probeState = new Gauge('probe', probes);
  readonly #checkState = new Gauge('check');
  readonly #checkPasses = new Counter('check');
  readonly #checkFailures = new Counter('check');
  readonly #checkTime = new Summary('check');
  readonly #gateAnswers = new Counter('answer');
  readonly #webhooksDelivered = new Counter('type');
  readonly #webhooksFailed = new Counter('type');
  readonly #webhooksUndelivered = new Counter('type');
  readonly #sourceErrors: Counter;
  #version = '';
  readonly #ports = { app: 0, probe: 0 };
  #startupSeconds: number | undefined;
  #gateSeconds: number | undefined;

  constructor(sources: MetricSources) {
    this.#sourceErrors = new Counter('source', sources.metricsSources);
    this.#routes = new RouteInstruments(sources.requests?.routes ?? []);
    this.families = [
      ...this.#families(sources),
      ...(sources.requests === undefined ? [] : this.#http.families(sources.requests)),
      ...this.#routes.families(),
      ...(sources.messages === undefined ? [] : this.#messages.families(sources.messages)),
      ...reaperFamilies(() => sources.reaper()),
      ...(sources.supervises ? this.#app.families() : []),
      ...runtimeFamilies,
    ];
    for (const family of this.families) this.#registry.add(family);
  }

  recordRequest(record: RequestRecord): void {
    this.#http.record(record);
    this.#routes.record(record);
  }

  recordMessage(record: MessageRecord): void {
    this.#messages.record(record);
  }

  observe(event: HurricaneEvent): void {
    this.#app.observe(event);
    this.#messages.observe(event);
    switch (event.name) {
      case 'hurricane.started':
        this.#version = event.data.version;
        break;
      case 'listener.bound':
        this.#ports[event.data.listener] = event.data.port;
        break;
      case 'startup.succeeded':
        this.#startupSeconds = event.data.duration_s;
        break;
      case 'gate.asked':
        this.#gateAnswers.increment(event.data.answer);
        break;
      case 'gate.changed':
        if (event.data.state === 'none') this.#gateSeconds = event.data.duration_ms / 1000;
        break;
      case 'probe.changed':
        this.#probeState.set(event.data.probe, Number(event.data.passing));
        break;
      case 'check.changed':
        this.#checkState.set(event.data.check, Number(event.data.passing));
        break;
      case 'check.ran':
        this.#observeCheck(event.data);
        break;
      case 'webhook.delivered':
        this.#webhooksDelivered.increment(event.data.type);
        break;
      case 'webhook.failed':
        this.#webhooksFailed.increment(event.data.type);
        if (event.data.final) this.#webhooksUndelivered.increment(event.data.type);
        break;
      case 'metrics-source.failed':
        this.#sourceErrors.increment(event.data.source);
        break;
      default:
    }
  }

  /** Whether there is such a metric, on the page or taken off it. */
  knows(id: string): boolean {
    return this.families.some(({ name }) => name === id);
  }

  /** Undefined while it is off the page. */
  show(id: string): object | undefined {
    const family = this.#registry.get(id);
    if (family === undefined) return undefined;
    const { type, help } = family;
    const series = family.read();
    const plain = series.find(({ labels, suffix }) => labels === undefined && suffix === undefined);
    return { type, help, value: plain?.value ?? null, series };
  }

  /** What it counts goes on counting. */
  remove(id: string): void {
    this.#registry.remove(id);
  }

  /** False when it is on the page already. */
  restore(id: string): boolean {
    const family = this.families.find(({ name }) => name === id);
    if (family === undefined || this.#registry.get(id) !== undefined) return false;
    this.#registry.add(family);
    return true;
  }

  /** The page for `/metrics`, at any moment from the first on. */
  page(): Promise<string> {
    return this.#registry.page();
  }

  /** By name, without labels: what a replica has to do at this moment, as far as it is on the page. */
  numbers(): Readonly<Record<string, number>> {
    const shown = this.families.filter(
      ({ name, scales }) => scales && this.#registry.get(name) !== undefined,
    );
    return Object.fromEntries(
      shown.flatMap(({ name, read }) => read().map(({ value }) => [name, value])),
    );
  }

  #observeCheck(data: { check: string; passing: boolean; duration_ms: number }): void {
    (data.passing ? this.#checkPasses : this.#checkFailures).increment(data.check);
    this.#checkTime.observe(data.check, data.duration_ms / 1000);
  }

  #families(sources: MetricSources): Family[] {
    return [
      gauge('hurricane_info', 'Version and ports; the value is always 1.', () => [
        { value: 1, labels: this.#info(sources.requests) },
      ]),
      gauge(
        'hurricane_startup_duration_seconds',
        'From the start of the process until the app was served; absent before.',
        () => (this.#startupSeconds === undefined ? [] : [{ value: this.#startupSeconds }]),
      ),
      counter(
        'hurricane_migration_checks_total',
        'Questions of the migration gate, by answer: none, pending, unknown.',
        this.#gateAnswers.read,
      ),
      gauge(
        'hurricane_migration_gate_duration_seconds',
        'From the first question of the migration gate until no migrations were pending; absent before.',
        () => (this.#gateSeconds === undefined ? [] : [{ value: this.#gateSeconds }]),
      ),
      counter(
        'hurricane_log_lines_dropped_total',
        'Log lines dropped because their reader was too slow.',
        single(() => sources.logLinesDropped()),
      ),
      gauge(
        'hurricane_probe_state',
        '1 while the probe passes, 0 while it fails or startup is not finished.',
        this.#probeState.read,
      ),
      gauge(
        'hurricane_check_state',
        '1 while the check counts as passing, 0 while it counts as failing; absent before its first run.',
        this.#checkState.read,
      ),
      counter('hurricane_check_runs_total', 'Runs of each check, by result.', () => [
        ...withLabel(this.#checkPasses.read(), { result: 'pass' }),
        ...withLabel(this.#checkFailures.read(), { result: 'fail' }),
      ]),
      summary(
        'hurricane_check_duration_seconds',
        'Duration of the runs of each check.',
        this.#checkTime.read,
      ),
      counter(
        'hurricane_webhooks_delivered_total',
        'Webhooks that a receiver took.',
        this.#webhooksDelivered.read,
      ),
      counter(
        'hurricane_webhooks_failed_total',
        'Attempts to send a webhook that failed.',
        this.#webhooksFailed.read,
      ),
      counter(
        'hurricane_webhooks_undelivered_total',
        'Webhooks given up.',
        this.#webhooksUndelivered.read,
      ),
      gauge(
        'hurricane_webhooks_queued',
        'Webhooks that wait for their delivery.',
        single(() => sources.webhooksQueued()),
      ),
      counter(
        'hurricane_metrics_source_errors_total',
        'Answers of each source of custom metrics that were none, or could not be on the page as a whole.',
        this.#sourceErrors.read,
      ),
    ];
  }

  #info(requests: MetricSources['requests']): Record<string, string> {
    const { app, probe } = this.#ports;
    return {
      version: this.#version,
      server_port: String(app),
      // Integrated probes have no listener of their own.
      probe_port: String(probe === 0 ? app : probe),
      serve_static: String(requests?.serves('static') ?? false),
      serve_media: String(requests?.serves('media') ?? false),
    };
  }
}

function withLabel(samples: readonly Sample[], extra: Record<string, string>): Sample[] {
  return samples.map((sample) => ({ ...sample, labels: { ...sample.labels, ...extra } }));
}
