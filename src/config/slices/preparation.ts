// Slices: what comes before the app.

import type { MigrationGateConfig, PreparationConfig, StartupConfig } from '../config.ts';
import type { Values } from './slice.ts';

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
