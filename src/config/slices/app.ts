// Slices: the app, when it is up, and how it is debugged.

import type { WorkerValues } from '../options.ts';
import type { Surroundings, Values } from './slice.ts';

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
