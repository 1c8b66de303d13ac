// `hurricane serve`: an app behind probes, proxy and ordered stop.

import { tellRefusal } from '../../app/refuse.ts';
import { loadServeConfig, type Loaded, type Report } from '../../config/load.ts';
import type { ServeConfig } from '../../config/config.ts';
import { usageProblem, type Problem } from '../../config/problem.ts';
import { joinWords } from '../../config/words.ts';
import { maskCredentials } from '../../core/mask-credentials.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { entriesAsJson, formatEntries } from '../print-config.ts';
import { describeProblems, reportProblems, reportWarnings } from '../report.ts';

const EXAMPLE = 'hurricane serve -- node app.js';

export async function serveCommand(invocation: Invocation, edge: CliEdge): Promise<number> {
  const { flags, appCommand = [] } = invocation;
  const printOnly = flags.get('print-config')?.includes('true') ?? false;
  const problems = printOnly ? [] : appCommandProblems(invocation);
  const loaded = await loadServeConfig({ ...edge, flags, appCommand, problems });
  if (loaded.config === undefined) return refuse(loaded, edge);
  if (printOnly) return printConfig(loaded, loaded.config, edge);
  // What a wrong configuration never gets to need is loaded only now.
  const { serve } = await import('../../app/serve.ts');
  return serve(loaded.config, loaded.warnings, edge);
}

async function refuse({ problems, entries }: Report, edge: CliEdge): Promise<number> {
  const code = reportProblems('serve', problems, edge);
  const [path] = entries.find(({ name }) => name === 'termination-log')?.texts ?? [];
  if (path !== undefined) await tellRefusal(path, code, describeProblems('serve', problems));
  return code;
}

/** The app stands behind `--`; a forgotten one is the first mistake everybody makes. */
function appCommandProblems({ words, appCommand }: Invocation): readonly Problem[] {
  if (appCommand === undefined && words.length > 0) {
    const meant = maskCredentials(joinWords(['hurricane', 'serve', '--', ...words]));
    return [usageProblem(`the app stands behind --: did you mean: ${meant}`)];
  }
  return [
    ...words
      .slice(0, 1)
      .map((word) => usageProblem(`"${word}" is not expected before --: remove it`)),
    ...(appCommand === undefined || appCommand.length === 0
      ? [usageProblem(`there is no app to run: write it behind --, such as: ${EXAMPLE}`)]
      : []),
  ];
}

function printConfig(
  { entries, warnings }: Loaded<unknown>,
  { log }: ServeConfig,
  edge: CliEdge,
): number {
  reportWarnings(warnings, edge);
  const text =
    log.format === 'json' ? entriesAsJson(entries) : formatEntries(entries, edge.stdout.isTerminal);
  edge.print(text);
  return 0;
}
