// Slices: how the app is judged, kept up, replaced and stopped.

import type { Surroundings, Values } from './slice.ts';

export interface HealthConfig {
  /** Not ready at this many queued requests or more, ready again at 80 % of it. */
  readonly queueLimit: number;
  /** Liveness fails above this many requests, jitter included; undefined: never. */
  readonly maxLifetime: number | undefined;
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

/** Which files are to be the same as when the app was started. */
export interface AutoreloadConfig {
  /** Relative to the working directory; none: all in it but for what is never anybody's source. */
  readonly globs: readonly string[];
  /** Folders in which nothing counts unless a glob says so. */
  readonly except: readonly string[];
}

export interface StopConfig {
  readonly gracePeriodMs: number;
  readonly drainDelayMs: number;
  readonly drainQuietMs: number;
}

export function healthConfig(
  values: Values<'reqQueueLen' | 'maxLifetime' | 'maxLifetimeAction'>,
  { random }: Pick<Surroundings, 'random'>,
): HealthConfig {
  return {
    queueLimit: values.reqQueueLen,
    maxLifetime: lifetimeFor(values, 'probe', random),
  };
}

export function careConfig(
  { maxMemory, repair }: Values<'maxMemory' | 'repair'>,
  maxLifetime: number | undefined,
): CareConfig {
  return { maxLifetime, maxMemoryBytes: maxMemory, repair };
}

/**
 * The number of requests after which this is to be done, if at all. With a jitter of 0 … a tenth:
 * replicas that share the load must not be replaced at the same moment.
 */
export function lifetimeFor(
  { maxLifetime, maxLifetimeAction }: Values<'maxLifetime' | 'maxLifetimeAction'>,
  action: 'probe' | 'replace',
  random: () => number,
): number | undefined {
  if (maxLifetime === undefined || maxLifetimeAction !== action) return undefined;
  return maxLifetime + Math.floor(random() * (Math.floor(maxLifetime / 10) + 1));
}

export function supervisionConfig({
  restart,
  replace,
  forwardHup,
}: Values<'restart' | 'replace' | 'forwardHup'>): SupervisionConfig {
  return { restart, replace, forwardHangUp: forwardHup };
}

/** What changes in `folders` goes out as it is: the app need not know. */
export function autoreloadConfig(
  { autoreload, watch }: Values<'autoreload' | 'watch'>,
  folders: readonly string[],
): AutoreloadConfig | undefined {
  return autoreload ? { globs: watch, except: folders } : undefined;
}

export function stopConfig(
  values: Values<'gracePeriod' | 'drainDelay' | 'drainQuiet'>,
): StopConfig {
  return {
    gracePeriodMs: values.gracePeriod,
    drainDelayMs: values.drainDelay,
    drainQuietMs: values.drainQuiet,
  };
}
