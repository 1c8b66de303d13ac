// The slices of the configuration: what each part of the program is given, and nothing else.

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug';
export type AccessLog = 'all' | 'errors' | 'off';

export interface LogConfig {
  readonly level: LogLevel;
  /** `auto` is text on a terminal and NDJSON elsewhere. */
  readonly format: 'auto' | 'json' | 'text';
  /** `json` wraps each line the app prints; `inherit` hands it our stdout and stderr. */
  readonly app: 'inherit' | 'json';
}

export interface ListenConfig {
  readonly host: string;
  readonly port: number;
}

export interface ProbeConfig {
  /** Undefined with `--no-probe`; equal to the app's listener when integrated. */
  readonly listen: ListenConfig | undefined;
  readonly integrated: boolean;
  readonly startupPath: string;
  readonly readinessPath: string;
  readonly livenessPath: string;
  /** Undefined with `--no-metrics` or `--no-probe`. */
  readonly metricsPath: string | undefined;
  /** Of the numbers to scale by, as JSON; where there is no page there are none of them. */
  readonly numbersPath: string | undefined;
  readonly logRequests: boolean;
  /** Details of failing checks are part of the body. */
  readonly debug: boolean;
}

export interface HealthConfig {
  /** Not ready at this many queued requests or more, ready again at 80 % of it. */
  readonly queueLimit: number;
  /** Liveness fails above this many requests, jitter included; undefined: never. */
  readonly maxLifetime: number | undefined;
}

export type CheckTag = 'startup' | 'readiness' | 'liveness';

export type CheckTarget =
  | { readonly kind: 'command'; readonly words: readonly string[] }
  | { readonly kind: 'module'; readonly path: string }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** The URL of one of these two, with `{port}` or `{host}` in it: an address of the app. */
  | { readonly kind: 'app'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string; readonly maxAgeMs: number | undefined };

export interface CheckSpec {
  readonly tags: readonly CheckTag[];
  /** Undefined for an unnamed check, whose failure reads `check error`. */
  readonly name: string | undefined;
  readonly target: CheckTarget;
  /** As the user wrote it, for messages. */
  readonly text: string;
}

export interface CheckConfig {
  readonly checks: readonly CheckSpec[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly maxAgeMs: number;
  /** A check fails when `failures` of its last `window` runs failed. */
  readonly failures: number;
  readonly window: number;
  readonly silenced: readonly string[];
}

/** What is asked for metrics, each time somebody asks us. */
export type MetricSourceTarget =
  /** A page of the app. */
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'command'; readonly words: readonly string[] }
  | { readonly kind: 'module'; readonly path: string };

export interface MetricSourceSpec {
  readonly name: string;
  readonly target: MetricSourceTarget;
}

export type DependencyTarget = Extract<CheckTarget, { kind: 'http' | 'tcp' }>;

/** What comes before an app, whoever starts it. */
export interface PreparationConfig {
  readonly waitFor: readonly DependencyTarget[];
  readonly waitTimeoutMs: number;
  readonly commands: readonly CommandLine[];
  /** For each command, those of the gate included; Infinity: no limit. */
  readonly commandTimeoutMs: number;
}

export interface StartupConfig extends PreparationConfig {
  readonly gate: MigrationGateConfig | undefined;
  /** The gate comes before the commands. */
  readonly gateFirst: boolean;
}

/** A program whose output we understand. */
export type MigrationTool = 'django' | 'knex';

/** What says whether migrations are pending. */
export type MigrationQuestion =
  | ({ readonly kind: 'command' } & CommandLine)
  /** `words` come behind those that the tool is run with. */
  | { readonly kind: 'tool'; readonly tool: MigrationTool; readonly words: readonly string[] };

export interface MigrationGateConfig {
  readonly question: MigrationQuestion;
  /** By which exit code a command says that some are. */
  readonly pendingCode: number;
  readonly apply: CommandLine | undefined;
  /** Infinity: no limit. */
  readonly timeoutMs: number;
}

export interface AppConfig {
  /** What stands behind `--`; at least one word. */
  readonly command: readonly string[];
  readonly startTimeoutMs: number;
  /** Undefined: what the program needs, by its name; SIGTERM for most. */
  readonly stopSignal: StopSignal | undefined;
  readonly up: UpConfig;
}

export interface StopSignal {
  readonly signal: NodeJS.Signals;
  /** This and every relayed signal reach the first process alone, which tells the others itself. */
  readonly leaderOnly: boolean;
}

/** When the app is up, its startup checks aside. */
export type UpConfig =
  | ({ readonly kind: 'listens' } & AppPlaceConfig)
  /** It serves nobody: nothing but its life shows that it is up. */
  | { readonly kind: 'lives'; readonly afterMs: number };

export interface AppPlaceConfig {
  /** Undefined: a free loopback port is chosen at start. */
  readonly port: number | undefined;
  readonly portVariable: string;
  /** A unix socket instead of a port. */
  readonly socketPath: string | undefined;
  readonly readyPath: string | undefined;
}

/** Where a debugger meets whoever debugs. */
export type DebuggingConfig = Address & {
  /** The debugger listens there, or an IDE does that the debugger connects to. */
  readonly kind: 'listen' | 'connect';
};

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface SupervisionConfig {
  /** Whether the app is started again when it ends by itself. */
  readonly restart: 'never' | 'on-failure' | 'always';
  /** Which of the two apps comes first when one replaces the other. */
  readonly replace: 'start-first' | 'stop-first';
  /** SIGHUP is the app's own business. */
  readonly forwardHangUp: boolean;
}

/** When the app is replaced without being asked. */
export interface CareConfig {
  /** After this many requests, jitter included; undefined: never. */
  readonly maxLifetime: number | undefined;
  /** Above this much memory of all its processes; undefined: never. */
  readonly maxMemoryBytes: number | undefined;
  /** When a liveness check fails. */
  readonly repair: boolean;
}

/** What a listener of ours allows a connection. */
export interface ConnectionConfig {
  readonly headerTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxHeaderBytes: number;
}

export interface ProxyConfig extends ConnectionConfig {
  readonly trustProxy: TrustProxy;
  /** Until the head of the answer; Infinity: no limit. */
  readonly responseTimeoutMs: number;
  /** From the first byte of the request to the last of the answer; Infinity: no limit. */
  readonly requestTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** Of a body, on its way to whoever takes it slowly; for each direction of a request. */
  readonly maxBufferBytes: number;
  readonly accessLog: AccessLog;
}

/** Whose `X-Forwarded-*` fields are continued instead of replaced. */
export type TrustProxy =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'ranges'; readonly cidrs: readonly string[] };

export type WebhookType =
  'startup' | 'liveness' | 'readiness' | 'app' | 'restart' | 'replacement' | 'drain';

/** A type of the user's own, with or without a module that makes it of others; or one of ours that is off. */
export type WebhookTypeSpec =
  | { readonly kind: 'own'; readonly type: string }
  | { readonly kind: 'module'; readonly type: string; readonly path: string }
  | { readonly kind: 'off'; readonly type: WebhookType };

export interface WebhookConfig {
  readonly receivers: readonly {
    readonly url: string;
    /** Undefined: every type. */
    readonly types: readonly string[] | undefined;
  }[];
  readonly types: readonly WebhookTypeSpec[];
  readonly timeoutMs: number;
  readonly secret: string | undefined;
  readonly appVersion: string | undefined;
}

export interface StopConfig {
  readonly gracePeriodMs: number;
  readonly drainDelayMs: number;
  readonly drainQuietMs: number;
}

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

/** Which files are to be the same as when the app was started. */
export interface AutoreloadConfig {
  /** Relative to the working directory; none: all in it but for what is never anybody's source. */
  readonly globs: readonly string[];
  /** Folders in which nothing counts unless a glob says so. */
  readonly except: readonly string[];
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

/** What is answered without the app. */
export interface FilesConfig {
  readonly mounts: readonly Mount[];
  readonly collect: CollectConfig | undefined;
}

export interface Mount {
  /** Media are what users have uploaded. */
  readonly kind: 'static' | 'media';
  /** Without a slash at the end; never only a slash. */
  readonly url: string;
  /** Relative to the working directory. */
  readonly folder: string;
}

/** What is run when the sources of static files change. */
export interface CollectConfig {
  readonly paths: readonly string[];
  readonly command: CommandLine;
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

/** Split into words; `text` is what the user wrote. */
export interface CommandLine {
  readonly words: readonly string[];
  readonly text: string;
}

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

/** Where `hurricane probe` asks. */
export type ProbeTarget = Pick<
  ProbeConfig,
  'listen' | 'startupPath' | 'readinessPath' | 'livenessPath'
>;

/** Where `hurricane ctl` asks, and how it tells the answer. */
export interface CtlConfig {
  readonly controlSocket: string;
  readonly json: boolean;
}
