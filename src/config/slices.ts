// From the flat values of the table to what each command is given: slices, which are made by topic in slices/.

import type {
  CheckCommandConfig,
  ConsumeConfig,
  CtlConfig,
  PrepareConfig,
  RunningConfig,
  ServeConfig,
  SupervisingConfig,
} from './config.ts';
import type {
  CheckValues,
  ConsumeValues,
  CtlValues,
  PrepareValues,
  ServeValues,
  WorkerValues,
} from './options.ts';
import { appConfig, appPlaceConfig, debuggingConfig, startAfterMs } from './slices/app.ts';
import { filesConfig } from './slices/files.ts';
import { handlerConfig } from './slices/handler.ts';
import {
  autoreloadConfig,
  careConfig,
  healthConfig,
  lifetimeFor,
  stopConfig,
  supervisionConfig,
} from './slices/life.ts';
import {
  PROBE_CONNECTIONS,
  connectionConfig,
  isSamePort,
  listenConfig,
  probeConfig,
} from './slices/listeners.ts';
import { deliveryConfig, messagingConfig } from './slices/messages.ts';
import { checkConfig, logConfig, metricSources, webhookConfig } from './slices/observation.ts';
import { preparationConfig, startupConfig } from './slices/preparation.ts';
import { proxyConfig } from './slices/proxy.ts';
import type { Shared, Surroundings } from './slices/slice.ts';

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
