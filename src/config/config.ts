// What each command is given: slices of the configuration, one for each part of the program. Those of messages stand
// here too, all others by topic in slices/.

import type { AppConfig, DebuggingConfig } from './slices/app.ts';
import type { FilesConfig } from './slices/files.ts';
import type {
  AutoreloadConfig,
  CareConfig,
  HealthConfig,
  StopConfig,
  SupervisionConfig,
} from './slices/life.ts';
import type { ConnectionConfig, ListenConfig, ProbeConfig } from './slices/listeners.ts';
import type {
  CheckConfig,
  LogConfig,
  MetricSourceSpec,
  WebhookConfig,
} from './slices/observation.ts';
import type { PreparationConfig, StartupConfig } from './slices/preparation.ts';
import type { ProxyConfig } from './slices/proxy.ts';
import type { CommandLine } from './words.ts';

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

/** Where messages come from, and how they go through what handles them. */
export interface MessagingConfig {
  readonly broker: BrokerConfig;
  readonly queue: QueueConfig;
  readonly flow: FlowConfig;
}

export interface DeliveryConfig extends MessagingConfig {
  /** What is asked of the app for each message, query included. */
  readonly path: string;
}

export interface ConsumeConfig extends RunningConfig, MessagingConfig {
  readonly handler: HandlerConfig;
}

/** What is called for each message. */
export type HandlerConfig =
  /** The default export of a module. */
  | { readonly kind: 'module'; readonly path: string }
  /** Programs that stay, and are told of messages over their stdin. */
  | { readonly kind: 'program'; readonly command: CommandLine; readonly processes: number }
  /** A program per message. */
  | { readonly kind: 'once'; readonly command: CommandLine }
  /** A server that messages are posted to. */
  | { readonly kind: 'url'; readonly url: string };

/** A broker as its URL names it. */
export interface BrokerUrl {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly vhost: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

export interface BrokerAddress extends BrokerUrl {
  readonly vhost: string;
  readonly user: string;
  readonly password: string;
}

export interface BackoffConfig {
  readonly firstMs: number;
  readonly maxMs: number;
  /** `full`: many that lost the same broker come back one by one. */
  readonly jitter: 'full' | 0;
}

export interface BrokerConfig {
  /** At least one; of several the next is tried when one does not answer. */
  readonly addresses: readonly BrokerAddress[];
  readonly protocol: '0-9-1' | '1.0';
  /** Paths; undefined where the system's own certificates are trusted, or none is shown. */
  readonly tls: {
    readonly ca: string | undefined;
    readonly cert: string | undefined;
    readonly key: string | undefined;
  };
  readonly sasl: 'plain' | 'external';
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
  /** Undefined: a broker that goes away ends the program. */
  readonly reconnect: BackoffConfig | undefined;
}

export interface QueueArgument {
  readonly name: string;
  readonly value: string | number | boolean;
}

export interface QueueConfig {
  readonly name: string;
  /** Undefined: the queue is bound to nothing. */
  readonly exchange: string | undefined;
  readonly exchangeType: 'topic' | 'direct' | 'fanout' | 'headers';
  /** None: what the handler says, or the name of the queue. */
  readonly routingKeys: readonly string[];
  readonly topology: 'declare' | 'passive' | 'none';
  readonly durable: boolean;
  readonly type: 'quorum' | 'classic';
  readonly arguments: readonly QueueArgument[];
  /** What to do about a queue that is not there. */
  readonly missing: 'wait' | 'fail';
  readonly prefetch: number;
  readonly exclusive: boolean;
  readonly singleActive: boolean;
  readonly priority: number | undefined;
  /** The delays of the retry queues, ascending. */
  readonly retryDelaysMs: readonly number[];
  readonly deadLetter: string;
}

export type OrderKey =
  | { readonly kind: 'none' }
  | { readonly kind: 'routing-key' }
  | { readonly kind: 'header'; readonly name: string };

/** How messages go through the handler. */
export interface FlowConfig {
  readonly concurrency: number;
  readonly orderKey: OrderKey;
  readonly handlerTimeoutMs: number;
  readonly onExhausted: 'dead' | 'requeue' | 'drop';
  /** After this many settled messages it ends in order; undefined: never. */
  readonly maxLifetime: number | undefined;
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
