// What must be done before the app starts, in its order: dependencies first, then commands and the migration gate.

import type { StartupConfig } from '../config/slices/preparation.ts';
import { passMigrationGate } from './migration-gate.ts';
import { runStartupCommands, type StartupCommandOptions } from './startup-commands.ts';
import { waitForDependencies } from './wait-for.ts';

export type StartupOptions = Omit<StartupCommandOptions, 'option' | 'timeoutMs' | 'graceMs'>;

/** Resolves when the app may start; throws as the step does that failed, and no later one is begun. */
export async function passStartup(startup: StartupConfig, options: StartupOptions): Promise<void> {
  const { signal, emit, log } = options;
  const { waitFor, waitTimeoutMs, commands, commandTimeoutMs, gate, gateFirst } = startup;
  await waitForDependencies(waitFor, { signal, emit, log, timeoutMs: waitTimeoutMs });
  const running = { ...options, timeoutMs: commandTimeoutMs };
  const runCommands = (): Promise<void> => runStartupCommands(commands, running);
  const passGate = async (): Promise<void> => {
    if (gate !== undefined) await passMigrationGate(gate, running);
  };
  const steps = gateFirst ? [passGate, runCommands] : [runCommands, passGate];
  for (const step of steps) await step();
}
