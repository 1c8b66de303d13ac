// `hurricane check`: every configured check once, for CI and for people.

import { loadCheckConfig } from '../../config/load.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { reportProblems, reportUsage, reportWarnings } from '../report.ts';

/** Exit code 0 when every check passed, 1 when one failed. */
export async function checkCommand(invocation: Invocation, edge: CliEdge): Promise<number> {
  const { flags, words, appCommand } = invocation;
  const [surplus] = [...words, ...(appCommand ?? [])];
  if (surplus !== undefined) return reportUsage(`check takes no "${surplus}": remove it`, edge);
  const { config, problems, warnings } = await loadCheckConfig({
    ...edge,
    flags,
    appCommand: [],
    problems: [],
  });
  if (config === undefined) return reportProblems('check', problems, edge);
  reportWarnings(warnings, edge);
  return 0;
}
