// Slices: what is asked, measured and told.

import type { Shared, Surroundings, Values } from './slice.ts';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug';

export interface LogConfig {
  readonly level: LogLevel;
  /** `auto` is text on a terminal and NDJSON elsewhere. */
  readonly format: 'auto' | 'json' | 'text';
  /** `json` wraps each line the app prints; `inherit` hands it our stdout and stderr. */
  readonly app: 'inherit' | 'json';
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

export function logConfig(values: Values<'logLevel' | 'logFormat'>): Omit<LogConfig, 'app'> {
  return { level: values.logLevel, format: values.logFormat };
}

export function checkConfig(
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

export function webhookConfig(
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
