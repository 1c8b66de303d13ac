// What `serve`, `worker`, `consume` and `prepare` have in common on the command line: the report of what is wrong, and
// `--print-config`.

import { tellRefusal } from '../app/refuse.ts';
import type { LogConfig } from '../config/slices/observation.ts';
import type { Loaded, LoadInput, Report } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import type { CliEdge, Invocation } from './command.ts';
import { entriesAsJson, formatEntries } from './print-config.ts';
import { describeProblems, reportProblems, reportWarnings } from './report.ts';

export interface Running<C> {
  readonly command: 'serve' | 'worker' | 'consume' | 'prepare';
  readonly load: (input: LoadInput) => Promise<Loaded<C>>;
  /** What is wrong with the words that are not flags. */
  readonly problems: (invocation: Invocation) => readonly Problem[];
  readonly run: (config: C, warnings: readonly string[], edge: CliEdge) => Promise<number>;
}

export async function runRunning<C extends { readonly log: Omit<LogConfig, 'app'> }>(
  running: Running<C>,
  invocation: Invocation,
  edge: CliEdge,
): Promise<number> {
  const { flags, appCommand = [] } = invocation;
  const printOnly = flags.get('print-config')?.includes('true') ?? false;
  const problems = printOnly ? [] : running.problems(invocation);
  const loaded = await running.load({ ...edge, flags, appCommand, problems });
  if (loaded.config === undefined) return refuse(running.command, loaded, edge);
  if (printOnly) return printConfig(loaded, loaded.config.log, edge);
  return running.run(loaded.config, loaded.warnings, edge);
}

async function refuse(
  command: string,
  { problems, entries }: Report,
  edge: CliEdge,
): Promise<number> {
  const code = reportProblems(command, problems, edge);
  const [path] = entries.find(({ name }) => name === 'termination-log')?.texts ?? [];
  if (path !== undefined) await tellRefusal(path, code, describeProblems(command, problems));
  return code;
}

function printConfig(
  { entries, warnings }: Loaded<unknown>,
  { format }: Pick<LogConfig, 'format'>,
  edge: CliEdge,
): number {
  reportWarnings(warnings, edge);
  const text =
    format === 'json' ? entriesAsJson(entries) : formatEntries(entries, edge.stdout.isTerminal);
  edge.print(text);
  return 0;
}
