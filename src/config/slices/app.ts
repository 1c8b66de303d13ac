// Slices: the app, when it is up, and how it is debugged.

import type { AppConfig, AppPlaceConfig, DebuggingConfig, UpConfig } from '../config.ts';
import type { WorkerValues } from '../options.ts';
import type { Surroundings, Values } from './slice.ts';

export function appConfig(
  { appStartTimeout, stopSignal }: Values<'appStartTimeout' | 'stopSignal'>,
  { appCommand }: Pick<Surroundings, 'appCommand'>,
  up: UpConfig,
): AppConfig {
  return { command: appCommand, startTimeoutMs: appStartTimeout, stopSignal, up };
}

export function appPlaceConfig(
  values: Values<'appPort' | 'appPortEnv' | 'appSocket' | 'appReadyPath'>,
): AppPlaceConfig {
  return {
    port: values.appPort,
    portVariable: values.appPortEnv,
    socketPath: values.appSocket,
    readyPath: values.appReadyPath,
  };
}

/** Where there are startup checks, they alone decide. */
export function startAfterMs({
  startAfter,
  check,
}: Pick<WorkerValues, 'startAfter' | 'check'>): number {
  return check.some(({ tags }) => tags.includes('startup')) ? 0 : startAfter;
}

/** Half of what the original needs two options for is nothing; a caution says so. */
export function debuggingConfig(
  values: Values<
    'debugger' | 'debuggerConnect' | 'debuggerHost' | 'debuggerPort' | 'pycharmHost' | 'pycharmPort'
  >,
): DebuggingConfig | undefined {
  const { debuggerHost, debuggerPort, debuggerConnect, pycharmHost, pycharmPort } = values;
  if (values.debugger) return { kind: 'listen', host: debuggerHost, port: debuggerPort };
  if (debuggerConnect !== undefined) return { kind: 'connect', ...debuggerConnect };
  if (pycharmHost === undefined || pycharmPort === undefined) return undefined;
  return { kind: 'connect', host: pycharmHost, port: pycharmPort };
}
