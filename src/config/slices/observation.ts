// Slices: what is asked, measured and told.

import type { CheckConfig, LogConfig, MetricSourceSpec, WebhookConfig } from '../config.ts';
import type { Shared, Surroundings, Values } from './slice.ts';

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
