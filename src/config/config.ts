// What each command is given: slices of the configuration, one for each part of the program, which stand by topic in
// slices/.

import type { AppConfig, DebuggingConfig } from './slices/app.ts';
import type { FilesConfig } from './slices/files.ts';
import type { HandlerConfig } from './slices/handler.ts';
import type {
  AutoreloadConfig,
  CareConfig,
  HealthConfig,
  StopConfig,
  SupervisionConfig,
} from './slices/life.ts';
import type { ConnectionConfig, ListenConfig, ProbeConfig } from './slices/listeners.ts';
import type { DeliveryConfig, MessagingConfig } from './slices/messages.ts';
import type {
  CheckConfig,
  LogConfig,
  MetricSourceSpec,
  WebhookConfig,
} from './slices/observation.ts';
import type { PreparationConfig, StartupConfig } from './slices/preparation.ts';
import type { ProxyConfig } from './slices/proxy.ts';

/** What runs until it is stopped, behind probes. */
export interface RunningConfig {
  readonly debug: boolean;
  readonly terminationLog: string;
  /** Relative to the working directory. */
  readonly controlSocket: string;
  readonly appVersion: string | undefined;
  readonly log: LogConfig;
  /** Undefined: nothing happens when files change. */
  readonly autoreload: AutoreloadConfig | undefined;
  readonly connections: ConnectionConfig;
  readonly probes: ProbeConfig;
  readonly health: HealthConfig;
  readonly checks: CheckConfig;
  readonly startup: StartupConfig;
  /** Undefined: nobody debugs. */
  readonly debugging: DebuggingConfig | undefined;
  readonly webhooks: WebhookConfig;
  /** None where there is no page of metrics. */
  readonly metricSources: readonly MetricSourceSpec[];
  readonly stop: Pick<StopConfig, 'gracePeriodMs'>;
  /** Our own secrets, by variable: removed from the environment of every program we start. */
  readonly secretVariables: readonly string[];
}

/** What every supervised program needs. */
export interface SupervisingConfig extends RunningConfig {
  readonly app: AppConfig;
  readonly supervision: SupervisionConfig;
  readonly care: CareConfig;
}

export interface ServeConfig extends SupervisingConfig {
  readonly listen: ListenConfig;
  readonly files: FilesConfig;
  readonly proxy: ProxyConfig;
  /** By which requests are counted apart. */
  readonly routes: readonly string[];
  readonly stop: StopConfig;
  /** Undefined: no messages are posted into the app. */
  readonly delivery: DeliveryConfig | undefined;
}

export interface ConsumeConfig extends RunningConfig, MessagingConfig {
  readonly handler: HandlerConfig;
}

/** What `hurricane prepare` needs. */
export interface PrepareConfig extends Pick<
  RunningConfig,
  'terminationLog' | 'stop' | 'secretVariables'
> {
  readonly log: Omit<LogConfig, 'app'>;
  readonly startup: PreparationConfig;
}

/** What `hurricane check` needs. */
export interface CheckCommandConfig {
  readonly log: Omit<LogConfig, 'app'>;
  readonly debug: boolean;
  readonly checks: CheckConfig;
  readonly secretVariables: readonly string[];
}

/** Where `hurricane ctl` asks, and how it tells the answer. */
export interface CtlConfig {
  readonly controlSocket: string;
  readonly json: boolean;
}
