// From the flat values of the table to the slices: what each part of the program is given.

import type {
  AppConfig,
  CareConfig,
  CheckCommandConfig,
  CheckConfig,
  CtlConfig,
  HealthConfig,
  ListenConfig,
  LogConfig,
  ProbeConfig,
  ProbeTarget,
  ProxyConfig,
  ServeConfig,
  StartupConfig,
  StopConfig,
  SupervisionConfig,
  WebhookConfig,
} from './config.ts';
import type { CheckValues, CtlValues, ProbeValues, ServeValues } from './options.ts';

/** What a slice needs besides options. */
export interface Surroundings {
  readonly appCommand: readonly string[];
  readonly webhookSecret: string | undefined;
  readonly secretVariables: readonly string[];
  /** At least 0 and below 1. */
  readonly random: () => number;
}

export function toServeConfig(values: ServeValues, around: Surroundings): ServeConfig {
  return {
    debug: values.debug,
    terminationLog: values.terminationLog,
    controlSocket: values.controlSocket,
    appVersion: values.appVersion,
    log: { ...logConfig(values), app: values.logApp },
    listen: listenConfig(values),
    probes: probeConfig(values),
    health: healthConfig(values, around),
    checks: checkConfig(values),
    startup: startupConfig(values),
    app: appConfig(values, around),
    supervision: supervisionConfig(values),
    care: careConfig(values, around),
    proxy: proxyConfig(values),
    webhooks: webhookConfig(values, around),
    stop: stopConfig(values),
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

export function toProbeTarget(values: ProbeValues): ProbeTarget {
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

type ReadByServe = 'debug' | 'terminationLog' | 'controlSocket' | 'appVersion' | 'logApp';

type ReadBy<Slice extends (values: never, around: never) => unknown> = keyof Parameters<Slice>[0];

type Read =
  | ReadBy<typeof appConfig>
  | ReadBy<typeof careConfig>
  | ReadBy<typeof checkConfig>
  | ReadBy<typeof healthConfig>
  | ReadBy<typeof listenConfig>
  | ReadBy<typeof logConfig>
  | ReadBy<typeof probeConfig>
  | ReadBy<typeof proxyConfig>
  | ReadBy<typeof startupConfig>
  | ReadBy<typeof stopConfig>
  | ReadBy<typeof supervisionConfig>
  | ReadBy<typeof webhookConfig>
  | ReadByLoader
  | ReadByServe;

/** Never; an option that reaches no slice makes this an error. */
export type Forgotten<Names extends never = Exclude<keyof ServeValues, Read>> = Names;

type Values<Keys extends keyof ServeValues> = Pick<ServeValues, Keys>;

function logConfig(values: Values<'logLevel' | 'logFormat'>): Omit<LogConfig, 'app'> {
  return { level: values.logLevel, format: values.logFormat };
}

function listenConfig({ host, port }: Values<'host' | 'port'>): ListenConfig {
  return { host, port };
}

function probeConfig(
  values: ProbeValues & Values<'metrics' | 'noMetrics' | 'logProbes' | 'debug'>,
): ProbeConfig {
  const { port, probePort, noProbe, noMetrics } = values;
  return {
    ...toProbeTarget(values),
    integrated: !noProbe && isSamePort(port, probePort),
    metricsPath: noProbe || noMetrics ? undefined : values.metrics,
    logRequests: values.logProbes,
    debug: values.debug,
  };
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
    maxLifetime: lifetimeFor('probe', values, random),
  };
}

function careConfig(
  values: Values<'maxLifetime' | 'maxLifetimeAction' | 'maxMemory' | 'repair'>,
  { random }: Pick<Surroundings, 'random'>,
): CareConfig {
  return {
    maxLifetime: lifetimeFor('replace', values, random),
    maxMemoryBytes: values.maxMemory,
    repair: values.repair,
  };
}

/**
 * The number of requests after which this is to be done, if at all. With a jitter of 0 … a tenth:
 * replicas that share the load must not be replaced at the same moment.
 */
function lifetimeFor(
  action: 'probe' | 'replace',
  { maxLifetime, maxLifetimeAction }: Values<'maxLifetime' | 'maxLifetimeAction'>,
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
  values: Values<'waitFor' | 'waitTimeout' | 'command' | 'commandTimeout'>,
): StartupConfig {
  return {
    waitFor: values.waitFor,
    waitTimeoutMs: values.waitTimeout,
    commands: values.command,
    commandTimeoutMs: values.commandTimeout,
  };
}

function appConfig(
  values: Values<
    'appPort' | 'appPortEnv' | 'appSocket' | 'appReadyPath' | 'appStartTimeout' | 'stopSignal'
  >,
  { appCommand }: Pick<Surroundings, 'appCommand'>,
): AppConfig {
  return {
    command: appCommand,
    port: values.appPort,
    portVariable: values.appPortEnv,
    socketPath: values.appSocket,
    readyPath: values.appReadyPath,
    startTimeoutMs: values.appStartTimeout,
    stopSignal: values.stopSignal,
  };
}

function supervisionConfig({
  restart,
  replace,
  forwardHup,
}: Values<'restart' | 'replace' | 'forwardHup'>): SupervisionConfig {
  return { restart, replace, forwardHangUp: forwardHup };
}

function proxyConfig(
  values: Values<
    | 'trustProxy'
    | 'headerTimeout'
    | 'idleTimeout'
    | 'responseTimeout'
    | 'requestTimeout'
    | 'maxHeaderSize'
    | 'maxBodySize'
    | 'accessLog'
  >,
): ProxyConfig {
  return {
    trustProxy: values.trustProxy,
    headerTimeoutMs: values.headerTimeout,
    idleTimeoutMs: values.idleTimeout,
    responseTimeoutMs: values.responseTimeout,
    requestTimeoutMs: values.requestTimeout,
    maxHeaderBytes: values.maxHeaderSize,
    maxBodyBytes: values.maxBodySize,
    accessLog: values.accessLog,
  };
}

function webhookConfig(
  values: Values<'webhookUrl' | 'webhookTimeout' | 'appVersion'>,
  { webhookSecret }: Pick<Surroundings, 'webhookSecret'>,
): WebhookConfig {
  return {
    receivers: values.webhookUrl,
    timeoutMs: values.webhookTimeout,
    secret: webhookSecret,
    appVersion: values.appVersion,
  };
}

function stopConfig(values: Values<'gracePeriod' | 'drainDelay' | 'drainQuiet'>): StopConfig {
  return {
    gracePeriodMs: values.gracePeriod,
    drainDelayMs: values.drainDelay,
    drainQuietMs: values.drainQuiet,
  };
}
