// What `serve` and `worker` have in common on the command line: the app behind `--`, the report of what is
// wrong, and `--print-config`.

import { tellRefusal } from '../app/refuse.ts';
import type { LogConfig } from '../config/config.ts';
import type { Loaded, LoadInput, Report } from '../config/load.ts';
import { usageProblem, type Problem } from '../config/problem.ts';
import type { CliEdge, Invocation } from './command.ts';
import { commandLineMeant } from './meant.ts';
import { entriesAsJson, formatEntries } from './print-config.ts';
import { describeProblems, reportProblems, reportWarnings } from './report.ts';

export interface Supervising<C> {
  readonly command: 'serve' | 'worker';
  readonly example: string;
  readonly load: (input: LoadInput) => Promise<Loaded<C>>;
  readonly run: (config: C, warnings: readonly string[], edge: CliEdge) => Promise<number>;
}

export async function runSupervising<C extends { readonly log: LogConfig }>(
  supervising: Supervising<C>,
  invocation: Invocation,
  edge: CliEdge,
): Promise<number> {
  const { flags, appCommand = [] } = invocation;
  const printOnly = flags.get('print-config')?.includes('true') ?? false;
  const problems = printOnly ? [] : appCommandProblems(supervising, invocation);
  const loaded = await supervising.load({ ...edge, flags, appCommand, problems });
  if (loaded.config === undefined) return refuse(supervising.command, loaded, edge);
  if (printOnly) return printConfig(loaded, loaded.config.log, edge);
  return supervising.run(loaded.config, loaded.warnings, edge);
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

/** The app stands behind `--`; a forgotten one is the first mistake everybody makes. */
function appCommandProblems(
  { command, example }: Pick<Supervising<unknown>, 'command' | 'example'>,
  { options, words, appCommand }: Invocation,
): readonly Problem[] {
  if (appCommand === undefined && words.length > 0) {
    const meant = commandLineMeant(command, options, words);
    return [usageProblem(`the app stands behind --: did you mean: ${meant}`)];
  }
  return [
    ...words
      .slice(0, 1)
      .map((word) => usageProblem(`"${word}" is not expected before --: remove it`)),
    ...(appCommand === undefined || appCommand.length === 0
      ? [usageProblem(`there is no app to run: write it behind --, such as: ${example}`)]
      : []),
  ];
}

function printConfig(
  { entries, warnings }: Loaded<unknown>,
  { format }: LogConfig,
  edge: CliEdge,
): number {
  reportWarnings(warnings, edge);
  const text =
    format === 'json' ? entriesAsJson(entries) : formatEntries(entries, edge.stdout.isTerminal);
  edge.print(text);
  return 0;
}
