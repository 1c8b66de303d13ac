// Slices: how the app is judged, kept up, replaced and stopped.

import type {
  AutoreloadConfig,
  CareConfig,
  HealthConfig,
  StopConfig,
  SupervisionConfig,
} from '../config.ts';
import type { Surroundings, Values } from './slice.ts';

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
