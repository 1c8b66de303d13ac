// From the flat values of the table to the slices: what each part of the program is given.

import type {
  AppConfig,
  AppPlaceConfig,
  AutoreloadConfig,
  BrokerAddress,
  BrokerConfig,
  CareConfig,
  CheckCommandConfig,
  CheckConfig,
  ConnectionConfig,
  ConsumeConfig,
  CtlConfig,
  DebuggingConfig,
  DeliveryConfig,
  FilesConfig,
  FlowConfig,
  HandlerConfig,
  HealthConfig,
  ListenConfig,
  LogConfig,
  MetricSourceSpec,
  MessagingConfig,
  MigrationGateConfig,
  PreparationConfig,
  PrepareConfig,
  ProbeConfig,
  ProbeTarget,
  ProxyConfig,
  QueueConfig,
  RunningConfig,
  ServeConfig,
  StartupConfig,
  StopConfig,
  SupervisingConfig,
  SupervisionConfig,
  UpConfig,
  WebhookConfig,
} from './config.ts';
import { mountsOf, type Said } from './mounts.ts';
import type {
  CheckValues,
  ConsumeValues,
  CtlValues,
  PrepareValues,
  ProbeValues,
  ServeValues,
  WorkerValues,
} from './options.ts';

/** What a slice needs besides options. */
export interface Surroundings {
  readonly appCommand: readonly string[];
  readonly webhookSecret: string | undefined;
  readonly secretVariables: readonly string[];
  /** At least 0 and below 1. */
  readonly random: () => number;
}

export function toServeConfig(values: ServeValues, around: Surroundings): ServeConfig {
  const files = filesConfig(values);
  const folders = files.mounts.map(({ folder }) => folder);
  return {
    ...runningConfig(values, around, folders),
    supervision: supervisionConfig(values),
    listen: listenConfig(values),
    connections: connectionConfig(values),
    probes: probeConfig(values, isSamePort(values.port, values.probePort)),
    health: healthConfig(values, around),
    app: appConfig(values, around, { kind: 'listens', ...appPlaceConfig(values) }),
    care: careConfig(values, lifetimeFor(values, 'replace', around.random)),
    files,
    proxy: proxyConfig(values),
    routes: values.route,
    stop: stopConfig(values),
    delivery: deliveryConfig(values),
  };
}

/** Only probes and metrics come in: more than enough for whoever asks for them. */
const PROBE_CONNECTIONS: ConnectionConfig = {
  headerTimeoutMs: 15_000,
  idleTimeoutMs: 75_000,
  maxHeaderBytes: 64 * 1024,
};

/** A worker has no requests: nothing of it depends on their number. */
export function toWorkerConfig(values: WorkerValues, around: Surroundings): SupervisingConfig {
  return {
    ...runningConfig(values, around),
    supervision: supervisionConfig(values),
    connections: PROBE_CONNECTIONS,
    probes: probeConfig(values, false),
    health: { queueLimit: Infinity, maxLifetime: undefined },
    app: appConfig(values, around, { kind: 'lives', afterMs: startAfterMs(values) }),
    care: careConfig(values, undefined),
    stop: { gracePeriodMs: values.gracePeriod },
  };
}

/** Messages come in instead of requests. */
export function toConsumeConfig(values: ConsumeValues, around: Surroundings): ConsumeConfig {
  return {
    ...runningConfig(values, around),
    connections: PROBE_CONNECTIONS,
    probes: probeConfig(values, false),
    health: { queueLimit: values.reqQueueLen, maxLifetime: undefined },
    stop: { gracePeriodMs: values.gracePeriod },
    handler: handlerConfig(values),
    ...messagingConfig(values),
  };
}

function runningConfig(
  values: Shared<
    'debug' | 'terminationLog' | 'controlSocket' | 'appVersion' | 'logApp' | ReadByShared
  >,
  around: Surroundings,
  folders: readonly string[] = [],
): Omit<RunningConfig, 'connections' | 'probes' | 'health' | 'stop'> {
  return {
    debug: values.debug,
    terminationLog: values.terminationLog,
    controlSocket: values.controlSocket,
    appVersion: values.appVersion,
    log: { ...logConfig(values), app: values.logApp },
    autoreload: autoreloadConfig(values, folders),
    checks: checkConfig(values),
    startup: startupConfig(values),
    debugging: debuggingConfig(values),
    webhooks: webhookConfig(values, around),
    metricSources: metricSources(values),
    secretVariables: around.secretVariables,
  };
}

export function toPrepareConfig(values: PrepareValues, around: Surroundings): PrepareConfig {
  return {
    terminationLog: values.terminationLog,
    log: logConfig(values),
    startup: preparationConfig(values),
    stop: { gracePeriodMs: values.gracePeriod },
    secretVariables: around.secretVariables,
  };
}

export function toCheckConfig(values: CheckValues, around: Surroundings): CheckCommandConfig {
  return {
    log: logConfig(values),
    debug: values.debug,
    checks: checkConfig(values),
    secretVariables: around.secretVariables,
  };
}

export function toProbeTarget(values: Omit<ProbeValues, 'host' | 'port' | 'config'>): ProbeTarget {
  return {
    listen: values.noProbe ? undefined : { host: values.probeHost, port: values.probePort },
    startupPath: values.startupProbe,
    readinessPath: values.readinessProbe,
    livenessPath: values.livenessProbe,
  };
}

export function toCtlConfig({ controlSocket, logFormat }: CtlValues): CtlConfig {
  return { controlSocket, json: logFormat === 'json' };
}

/** Read by the loader itself. */
type ReadByLoader = 'config' | 'printConfig' | 'webhookSecretFile';

type ReadBy<Slice extends (values: never, ...around: never[]) => unknown> =
  keyof Parameters<Slice>[0];

type ReadByShared =
  | ReadBy<typeof autoreloadConfig>
  | ReadBy<typeof checkConfig>
  | ReadBy<typeof debuggingConfig>
  | ReadBy<typeof logConfig>
  | ReadBy<typeof metricSources>
  | ReadBy<typeof startupConfig>
  | ReadBy<typeof webhookConfig>;

type ReadByAll = ReadBy<typeof probeConfig> | ReadBy<typeof runningConfig> | ReadByLoader;

type ReadByBoth =
  | ReadByAll
  | ReadBy<typeof appConfig>
  | ReadBy<typeof careConfig>
  | ReadBy<typeof supervisionConfig>;

type ReadByServe =
  | ReadByBoth
  | ReadBy<typeof appPlaceConfig>
  | ReadBy<typeof deliveryConfig>
  | ReadBy<typeof filesConfig>
  | ReadBy<typeof healthConfig>
  | ReadBy<typeof listenConfig>
  | ReadBy<typeof lifetimeFor>
  | ReadBy<typeof proxyConfig>
  | ReadBy<typeof stopConfig>
  | 'route';

type ReadByWorker = ReadByBoth | ReadBy<typeof startAfterMs> | 'gracePeriod';

type ReadByConsume =
  | ReadByAll
  | ReadBy<typeof messagingConfig>
  | ReadBy<typeof handlerConfig>
  | 'gracePeriod'
  | 'reqQueueLen';

/** Never; an option that reaches no slice makes this an error. */
export type ForgottenByServe<Names extends never = Exclude<keyof ServeValues, ReadByServe>> = Names;
export type ForgottenByWorker<Names extends never = Exclude<keyof WorkerValues, ReadByWorker>> =
  Names;

export type ForgottenByConsume<Names extends never = Exclude<keyof ConsumeValues, ReadByConsume>> =
  Names;

type Values<Keys extends keyof ServeValues> = Pick<ServeValues, Keys>;
type Shared<Keys extends keyof ServeValues & keyof WorkerValues & keyof ConsumeValues> =
  Values<Keys>;
type Consumed<Keys extends keyof ConsumeValues> = Pick<ConsumeValues, Keys>;

function logConfig(values: Values<'logLevel' | 'logFormat'>): Omit<LogConfig, 'app'> {
  return { level: values.logLevel, format: values.logFormat };
}

function listenConfig({ host, port }: Values<'host' | 'port'>): ListenConfig {
  return { host, port };
}

function probeConfig(
  values: Parameters<typeof toProbeTarget>[0] &
    Values<'metrics' | 'noMetrics' | 'logProbes' | 'debug'>,
  integrated: boolean,
): ProbeConfig {
  const { noProbe, noMetrics } = values;
  const metricsPath = noProbe || noMetrics ? undefined : values.metrics;
  return {
    ...toProbeTarget(values),
    integrated: !noProbe && integrated,
    metricsPath,
    numbersPath: metricsPath === undefined ? undefined : numbersPathOf(metricsPath),
    logRequests: values.logProbes,
    debug: values.debug,
  };
}

/** `/metrics` → `/metrics.json` */
export function numbersPathOf(metrics: string): string {
  return `${metrics}.json`;
}

/** Two listeners on port 0 get two ports. */
export function isSamePort(port: number, probePort: number): boolean {
  return port === probePort && port !== 0;
}

function healthConfig(
  values: Values<'reqQueueLen' | 'maxLifetime' | 'maxLifetimeAction'>,
  { random }: Pick<Surroundings, 'random'>,
): HealthConfig {
  return {
    queueLimit: values.reqQueueLen,
    maxLifetime: lifetimeFor(values, 'probe', random),
  };
}

function careConfig(
  { maxMemory, repair }: Values<'maxMemory' | 'repair'>,
  maxLifetime: number | undefined,
): CareConfig {
  return { maxLifetime, maxMemoryBytes: maxMemory, repair };
}

/**
 * The number of requests after which this is to be done, if at all. With a jitter of 0 … a tenth:
 * replicas that share the load must not be replaced at the same moment.
 */
function lifetimeFor(
  { maxLifetime, maxLifetimeAction }: Values<'maxLifetime' | 'maxLifetimeAction'>,
  action: 'probe' | 'replace',
  random: () => number,
): number | undefined {
  if (maxLifetime === undefined || maxLifetimeAction !== action) return undefined;
  return maxLifetime + Math.floor(random() * (Math.floor(maxLifetime / 10) + 1));
}

function checkConfig(
  values: Values<
    'check' | 'checkInterval' | 'checkTimeout' | 'checkMaxAge' | 'checkFailures' | 'silence'
  >,
): CheckConfig {
  return {
    checks: values.check,
    intervalMs: values.checkInterval,
    timeoutMs: values.checkTimeout,
    maxAgeMs: values.checkMaxAge,
    ...values.checkFailures,
    silenced: values.silence,
  };
}

function startupConfig(
  values: Parameters<typeof preparationConfig>[0] &
    Parameters<typeof gateConfig>[0] &
    Values<'gateFirst'>,
): StartupConfig {
  return {
    ...preparationConfig(values),
    gate: gateConfig(values),
    gateFirst: values.gateFirst,
  };
}

function preparationConfig(
  values: Values<'waitFor' | 'waitTimeout' | 'command' | 'commandTimeout'>,
): PreparationConfig {
  return {
    waitFor: values.waitFor,
    waitTimeoutMs: values.waitTimeout,
    commands: values.command,
    commandTimeoutMs: values.commandTimeout,
  };
}

/** Half of what the original needs two options for is nothing; a caution says so. */
function debuggingConfig(
  values: Values<
    'debugger' | 'debuggerConnect' | 'debuggerHost' | 'debuggerPort' | 'pycharmHost' | 'pycharmPort'
  >,
): DebuggingConfig | undefined {
  const { debuggerHost, debuggerPort, debuggerConnect, pycharmHost, pycharmPort } = values;
  if (values.debugger) return { kind: 'listen', host: debuggerHost, port: debuggerPort };
  if (debuggerConnect !== undefined) return { kind: 'connect', ...debuggerConnect };
  if (pycharmHost === undefined || pycharmPort === undefined) return undefined;
  return { kind: 'connect', host: pycharmHost, port: pycharmPort };
}

function gateConfig(
  values: Values<'checkMigrations' | 'checkMigrationsApply' | 'gateTimeout' | 'gatePendingCode'>,
): MigrationGateConfig | undefined {
  if (values.checkMigrations === undefined) return undefined;
  return {
    question: values.checkMigrations,
    pendingCode: values.gatePendingCode,
    apply: values.checkMigrationsApply,
    timeoutMs: values.gateTimeout,
  };
}

function appConfig(
  { appStartTimeout, stopSignal }: Values<'appStartTimeout' | 'stopSignal'>,
  { appCommand }: Pick<Surroundings, 'appCommand'>,
  up: UpConfig,
): AppConfig {
  return { command: appCommand, startTimeoutMs: appStartTimeout, stopSignal, up };
}

function appPlaceConfig(
  values: Values<'appPort' | 'appPortEnv' | 'appSocket' | 'appReadyPath'>,
): AppPlaceConfig {
  return {
    port: values.appPort,
    portVariable: values.appPortEnv,
    socketPath: values.appSocket,
    readyPath: values.appReadyPath,
  };
}

/** Where there are startup checks, they alone decide. */
export function startAfterMs({
  startAfter,
  check,
}: Pick<WorkerValues, 'startAfter' | 'check'>): number {
  return check.some(({ tags }) => tags.includes('startup')) ? 0 : startAfter;
}

function supervisionConfig({
  restart,
  replace,
  forwardHup,
}: Values<'restart' | 'replace' | 'forwardHup'>): SupervisionConfig {
  return { restart, replace, forwardHangUp: forwardHup };
}

function connectionConfig(
  values: Values<'headerTimeout' | 'idleTimeout' | 'maxHeaderSize'>,
): ConnectionConfig {
  return {
    headerTimeoutMs: values.headerTimeout,
    idleTimeoutMs: values.idleTimeout,
    maxHeaderBytes: values.maxHeaderSize,
  };
}

function proxyConfig(
  values: Parameters<typeof connectionConfig>[0] &
    Values<
      | 'trustProxy'
      | 'responseTimeout'
      | 'requestTimeout'
      | 'maxBodySize'
      | 'maxBufferSize'
      | 'accessLog'
    >,
): ProxyConfig {
  return {
    ...connectionConfig(values),
    trustProxy: values.trustProxy,
    responseTimeoutMs: values.responseTimeout,
    requestTimeoutMs: values.requestTimeout,
    maxBodyBytes: values.maxBodySize,
    maxBufferBytes: values.maxBufferSize,
    accessLog: values.accessLog,
  };
}

/** What changes in `folders` goes out as it is: the app need not know. */
function autoreloadConfig(
  { autoreload, watch }: Values<'autoreload' | 'watch'>,
  folders: readonly string[],
): AutoreloadConfig | undefined {
  return autoreload ? { globs: watch, except: folders } : undefined;
}

function filesConfig(values: Values<keyof Places | 'staticWatch' | 'staticCommand'>): FilesConfig {
  const { staticWatch: paths, staticCommand: command } = values;
  const mounts = saidOfFiles(values).flatMap(mountsOf);
  return {
    // A cross-check has seen to it that there is nothing wrong.
    mounts: mounts.flatMap((mount) => ('value' in mount ? [mount.value] : [])),
    collect: command === undefined ? undefined : { paths, command },
  };
}

type Places = Values<'static' | 'staticUrl' | 'staticRoot' | 'media' | 'mediaUrl' | 'mediaRoot'>;

/** What options and variables say of where files are. */
export function saidOfFiles(values: Partial<Places>): readonly Said[] {
  const { staticUrl, staticRoot, mediaUrl, mediaRoot } = values;
  return [
    { kind: 'static', specs: values.static ?? [], url: staticUrl, folder: staticRoot },
    { kind: 'media', specs: values.media ?? [], url: mediaUrl, folder: mediaRoot },
  ];
}

function webhookConfig(
  values: Values<'webhookUrl' | 'webhookType' | 'webhookTimeout' | 'appVersion'>,
  { webhookSecret }: Pick<Surroundings, 'webhookSecret'>,
): WebhookConfig {
  return {
    receivers: values.webhookUrl,
    types: values.webhookType,
    timeoutMs: values.webhookTimeout,
    secret: webhookSecret,
    appVersion: values.appVersion,
  };
}

/** In the order in which a name is given away: the first that has it keeps it. */
export function metricSources({
  noProbe,
  noMetrics,
  appMetrics,
  customMetrics,
}: Shared<'noProbe' | 'noMetrics' | 'appMetrics' | 'customMetrics'>): readonly MetricSourceSpec[] {
  if (noProbe || noMetrics) return [];
  return [
    ...(appMetrics === undefined ? [] : [{ name: 'app-metrics', target: appMetrics }]),
    ...customMetrics.map(({ name, target }, index) => ({
      name: name ?? `custom-metrics-${index + 1}`,
      target,
    })),
  ];
}

function stopConfig(values: Values<'gracePeriod' | 'drainDelay' | 'drainQuiet'>): StopConfig {
  return {
    gracePeriodMs: values.gracePeriod,
    drainDelayMs: values.drainDelay,
    drainQuietMs: values.drainQuiet,
  };
}

/** A cross-check has seen to it that there is exactly one. */
function handlerConfig(
  values: Consumed<'handler' | 'handlerExec' | 'handlerOnce' | 'handlerProcesses' | 'handlerUrl'>,
): HandlerConfig {
  const { handler: path = '', handlerExec, handlerOnce, handlerProcesses, handlerUrl } = values;
  if (handlerExec !== undefined) {
    return { kind: 'program', command: handlerExec, processes: handlerProcesses };
  }
  if (handlerOnce !== undefined) return { kind: 'once', command: handlerOnce };
  if (handlerUrl !== undefined) return { kind: 'url', url: handlerUrl };
  return { kind: 'module', path };
}

/** The lifetime of `serve` is that of its app. */
function deliveryConfig(
  values: Values<'deliver'> & Omit<Parameters<typeof messagingConfig>[0], 'maxLifetime'>,
): DeliveryConfig | undefined {
  const { deliver: path } = values;
  if (path === undefined) return undefined;
  return { path, ...messagingConfig({ ...values, maxLifetime: undefined }) };
}

function messagingConfig(
  values: Parameters<typeof brokerConfig>[0] &
    Parameters<typeof queueConfig>[0] &
    Parameters<typeof flowConfig>[0],
): MessagingConfig {
  return {
    broker: brokerConfig(values),
    queue: queueConfig(values),
    flow: flowConfig(values),
  };
}

function brokerConfig(
  values: Consumed<
    | 'amqpCa'
    | 'amqpCert'
    | 'amqpHost'
    | 'amqpKey'
    | 'amqpPassword'
    | 'amqpPort'
    | 'amqpUrl'
    | 'amqpUser'
    | 'amqpVhost'
    | 'backoff'
    | 'connectTimeout'
    | 'heartbeat'
    | 'noReconnect'
    | 'protocol'
    | 'reconnect'
    | 'sasl'
  >,
): BrokerConfig {
  const { amqpCa: ca, amqpCert: cert, amqpKey: key } = values;
  return {
    addresses: brokerAddresses(
      values,
      [ca, cert, key].some((file) => file !== undefined),
    ),
    tls: { ca, cert, key },
    protocol: values.protocol,
    sasl: values.sasl,
    heartbeatMs: values.heartbeat,
    connectTimeoutMs: values.connectTimeout,
    reconnect: values.noReconnect || !values.reconnect ? undefined : values.backoff,
  };
}

/** What a URL leaves open is said by the other options. */
function brokerAddresses(
  values: Consumed<'amqpHost' | 'amqpPassword' | 'amqpPort' | 'amqpUrl' | 'amqpUser' | 'amqpVhost'>,
  tls: boolean,
): readonly BrokerAddress[] {
  const { amqpHost: host = '', amqpPort: port = 0, amqpUrl: urls } = values;
  const { amqpVhost: vhost, amqpUser: user, amqpPassword: password } = values;
  if (urls.length === 0) return [{ host, port, tls, vhost, user, password }];
  return urls.map((url) => ({
    ...url,
    tls: url.tls || tls,
    vhost: url.vhost ?? vhost,
    user: url.user ?? user,
    password: url.password ?? password,
  }));
}

function queueConfig(
  values: Consumed<
    | 'deadLetter'
    | 'durable'
    | 'exchange'
    | 'exchangeType'
    | 'exclusive'
    | 'missing'
    | 'prefetch'
    | 'priority'
    | 'queue'
    | 'queueArg'
    | 'queueType'
    | 'retry'
    | 'routingKey'
    | 'singleActive'
    | 'topology'
  >,
): QueueConfig {
  return {
    name: values.queue ?? '',
    exchange: values.exchange,
    exchangeType: values.exchangeType,
    routingKeys: values.routingKey,
    topology: values.topology,
    durable: values.durable,
    type: values.queueType,
    arguments: values.queueArg,
    missing: values.missing,
    prefetch: values.prefetch,
    exclusive: values.exclusive,
    singleActive: values.singleActive,
    priority: values.priority,
    retryDelaysMs: values.retry,
    deadLetter: values.deadLetter,
  };
}

function flowConfig(
  values: Consumed<'concurrency' | 'handlerTimeout' | 'maxLifetime' | 'onExhausted' | 'orderKey'>,
): FlowConfig {
  return {
    concurrency: values.concurrency,
    orderKey: values.orderKey,
    handlerTimeoutMs: values.handlerTimeout,
    onExhausted: values.onExhausted,
    maxLifetime: values.maxLifetime,
  };
}
