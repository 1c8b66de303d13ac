// Slices: what comes before the app.

import type { CommandLine } from '../words.ts';
import type { CheckTarget } from './observation.ts';
import type { Values } from './slice.ts';

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

export function preparationConfig(
  values: Values<'waitFor' | 'waitTimeout' | 'command' | 'commandTimeout'>,
): PreparationConfig {
  return {
    waitFor: values.waitFor,
    waitTimeoutMs: values.waitTimeout,
    commands: values.command,
    commandTimeoutMs: values.commandTimeout,
  };
}

export function startupConfig(
  values: Parameters<typeof preparationConfig>[0] &
    Parameters<typeof gateConfig>[0] &
    Values<'gateFirst'>,
): StartupConfig {
  return {
    ...preparationConfig(values),
    gate: gateConfig(values),
    gateFirst: values.gateFirst,
  };
}

function gateConfig(
  values: Values<'checkMigrations' | 'checkMigrationsApply' | 'gateTimeout' | 'gatePendingCode'>,
): MigrationGateConfig | undefined {
  if (values.checkMigrations === undefined) return undefined;
  return {
    question: values.checkMigrations,
    pendingCode: values.gatePendingCode,
    apply: values.checkMigrationsApply,
    timeoutMs: values.gateTimeout,
  };
}
