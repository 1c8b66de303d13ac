// Flags, file and environment in; a frozen configuration or the report of every problem out.

import { maskCredentials } from '../core/mask-credentials.ts';
import { cautions, commandsNeedNoShell } from './cautions.ts';
import type {
  CheckCommandConfig,
  ConsumeConfig,
  CtlConfig,
  PrepareConfig,
  ServeConfig,
  SupervisingConfig,
} from './config.ts';
import { crossCheck } from './cross-checks.ts';
import { readWhole } from './file-layer.ts';
import { variablesOf, type CommandName, type Infer } from './option.ts';
import { rows, type options } from './options.ts';
import { problem, type Problem } from './problem.ts';
import { somethingIsPrepared } from './rules/life.ts';
import { checkNamesAreDistinct } from './rules/observation.ts';
import { settle, type Entry, type Settlement, type Sources } from './settle.ts';
import {
  toCheckConfig,
  toConsumeConfig,
  toCtlConfig,
  toPrepareConfig,
  toServeConfig,
  toWorkerConfig,
} from './slices.ts';
import { toProbeTarget, type ProbeTarget } from './slices/listeners.ts';
import type { Surroundings } from './slices/slice.ts';

export interface LoadInput extends Sources {
  /** What stands behind `--`. */
  readonly appCommand: readonly string[];
  /** What was found wrong on the command line before the options were looked at. */
  readonly problems: readonly Problem[];
  /** At least 0 and below 1; spreads `--max-lifetime`. */
  readonly random: () => number;
}

export interface Report {
  /** In the order of the table. */
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Undefined while there are problems: all of them are in the report, not only the first. */
export interface Loaded<T> extends Report {
  readonly config: T | undefined;
}

export function loadServeConfig(input: LoadInput): Promise<Loaded<ServeConfig>> {
  return loadRunning('serve', input, toServeConfig);
}

export function loadWorkerConfig(input: LoadInput): Promise<Loaded<SupervisingConfig>> {
  return loadRunning('worker', input, toWorkerConfig);
}

export function loadConsumeConfig(input: LoadInput): Promise<Loaded<ConsumeConfig>> {
  return loadRunning('consume', input, toConsumeConfig);
}

async function loadRunning<C extends 'serve' | 'worker' | 'consume', T>(
  command: C,
  input: LoadInput,
  slice: (values: Infer<typeof options, C>, around: Surroundings) => T,
): Promise<Loaded<T>> {
  const settled = await settle(command, input);
  const secret = readSecret(settled, input);
  const found = [...crossCheck(settled), ...secret.problems];
  const loaded = finish(settled, found, input, (values) =>
    slice(values, { ...surroundings(input), webhookSecret: secret.value }),
  );
  return { ...loaded, warnings: [...loaded.warnings, ...cautions(settled.values)] };
}

export async function loadPrepareConfig(input: LoadInput): Promise<Loaded<PrepareConfig>> {
  const settled = await settle('prepare', input);
  const found = somethingIsPrepared(settled);
  const loaded = finish(settled, found, input, (values) =>
    toPrepareConfig(values, surroundings(input)),
  );
  return { ...loaded, warnings: [...loaded.warnings, ...commandsNeedNoShell(settled.values)] };
}

export async function loadCheckConfig(input: LoadInput): Promise<Loaded<CheckCommandConfig>> {
  const settled = await settle('check', input);
  const found = checkNamesAreDistinct(settled);
  return finish(settled, found, input, (values) => toCheckConfig(values, surroundings(input)));
}

export async function loadProbeTarget(input: LoadInput): Promise<Loaded<ProbeTarget>> {
  const settled = await settle('probe', input);
  return finish(settled, [], input, toProbeTarget);
}

export async function loadCtlConfig(input: LoadInput): Promise<Loaded<CtlConfig>> {
  const settled = await settle('ctl', input);
  return finish(settled, [], input, toCtlConfig);
}

function finish<C extends CommandName, T>(
  settled: Settlement<C>,
  found: readonly Problem[],
  input: LoadInput,
  slice: (values: Infer<typeof options, C>) => T,
): Loaded<T> {
  const problems = [...input.problems, ...settled.problems, ...found];
  const values = problems.length === 0 ? settled.complete : undefined;
  return {
    config: values && deepFreeze(slice(values)),
    entries: [...settled.entries.values()],
    problems,
    warnings: settled.warnings,
  };
}

function surroundings({ appCommand, env, random }: LoadInput): Surroundings {
  return { appCommand, random, webhookSecret: undefined, secretVariables: secretVariables(env) };
}

/**
 * Our own variables that are secret by their row, or because a URL in them holds credentials. Those that are not
 * ours alone, such as AMQP_PASSWORD, are the app's too.
 */
function secretVariables(env: Sources['env']): readonly string[] {
  const ours = Object.keys(env).filter((name) => name.startsWith('HURRICANE_'));
  return ours.filter((name) => {
    const row = rows.find((each) => variablesOf(each.name, each).includes(name));
    const value = env[name] ?? '';
    return row?.secret === true || (row !== undefined && maskCredentials(value) !== value);
  });
}

function readSecret(
  { values, entries }: Pick<Settlement<'serve'>, 'values' | 'entries'>,
  { readFile }: Sources,
): { readonly value: string | undefined; readonly problems: readonly Problem[] } {
  const path = values.webhookSecretFile;
  const origin = entries.get('webhook-secret-file')?.origin;
  if (path === undefined || origin === undefined) return { value: undefined, problems: [] };
  const read = readWhole(path, 'secret', readFile);
  if ('text' in read) return { value: read.text, problems: [] };
  const message = `webhook-secret-file: "${path}" ${read.fault}`;
  return { value: undefined, problems: [problem(message, origin)] };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
