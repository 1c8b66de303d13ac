// `hurricane check`: every configured check once, for CI and for people.

import type { CheckRun } from '../../app/check.ts';
import { loadCheckConfig } from '../../config/load.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { reportProblems, reportUsage, reportWarnings } from '../report.ts';

type CheckReport = CheckRun['reports'][number];

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
  if (config.checks.checks.length === 0) {
    reportWarnings(['there are no checks: configure one with --check'], edge);
    return 0;
  }
  const { check } = await import('../../app/check.ts');
  const { reports, exitCode } = await check(config, edge);
  const format = config.log.format === 'json' ? asJson : asText;
  edge.print(reports.map(format).join(''));
  return exitCode;
}

/** `pass  database (readiness) 12 ms`, and what it said below. */
function asText({ check, tags, outcome, text, durationMs }: CheckReport): string {
  const head = `${outcome.padEnd(5)} ${check} (${tags.join(', ')}) ${Math.round(durationMs)} ms\n`;
  return text === '' ? head : `${head}${text.replaceAll(/^/gm, '      ')}\n`;
}

function asJson({ check, tags, outcome, text, durationMs }: CheckReport): string {
  const duration_ms = Math.round(durationMs);
  return `${JSON.stringify({ check, tags, outcome, text, duration_ms })}\n`;
}
