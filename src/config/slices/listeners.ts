// Slices: where hurricane itself listens, and what it allows a connection there.

import type { ProbeValues } from '../options.ts';
import type { Values } from './slice.ts';

export interface ListenConfig {
  readonly host: string;
  readonly port: number;
}

/** What a listener of ours allows a connection. */
export interface ConnectionConfig {
  readonly headerTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxHeaderBytes: number;
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

/** Where `hurricane probe` asks. */
export type ProbeTarget = Pick<
  ProbeConfig,
  'listen' | 'startupPath' | 'readinessPath' | 'livenessPath'
>;

export function listenConfig({ host, port }: Values<'host' | 'port'>): ListenConfig {
  return { host, port };
}

export function connectionConfig(
  values: Values<'headerTimeout' | 'idleTimeout' | 'maxHeaderSize'>,
): ConnectionConfig {
  return {
    headerTimeoutMs: values.headerTimeout,
    idleTimeoutMs: values.idleTimeout,
    maxHeaderBytes: values.maxHeaderSize,
  };
}

/** Only probes and metrics come in: more than enough for whoever asks for them. */
export const PROBE_CONNECTIONS: ConnectionConfig = {
  headerTimeoutMs: 15_000,
  idleTimeoutMs: 75_000,
  maxHeaderBytes: 64 * 1024,
};

export function probeConfig(
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

export function toProbeTarget(values: Omit<ProbeValues, 'host' | 'port' | 'config'>): ProbeTarget {
  return {
    listen: values.noProbe ? undefined : { host: values.probeHost, port: values.probePort },
    startupPath: values.startupProbe,
    readinessPath: values.readinessProbe,
    livenessPath: values.livenessProbe,
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
