// Faults as sentences for people, on stderr: what, where it came from, what to do.

import { codeOf, type Problem } from '../config/problem.ts';
import { HurricaneError } from '../core/errors.ts';
import type { CliEdge } from './command.ts';

type Stderr = Pick<CliEdge, 'printError'>;

/** Prints every problem at once; returns 64 when a flag is wrong, else 78. */
export function reportProblems(
  command: string,
  problems: readonly Problem[],
  { printError }: Stderr,
): number {
  printError(describeProblems(command, problems));
  return new HurricaneError(codeOf(problems), '').exitCode;
}

/** The report as one text. */
export function describeProblems(command: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.map(({ message }) => `  - ${message}`);
  return `hurricane ${command}: nothing was started, because of ${count}:
${lines.join('\n')}
All options: hurricane ${command} --help-all
`;
}

export function reportWarnings(warnings: readonly string[], { printError }: Stderr): void {
  for (const warning of warnings) printError(`hurricane: warning: ${warning}\n`);
}

/** A wrong command line that is not about options; returns 64. */
export function reportUsage(message: string, edge: Stderr): number {
  return reportError(new HurricaneError('usage', message), edge);
}

/** Returns the exit code. Only a bug of ours shows its stack. */
export function reportError(error: unknown, { printError }: Stderr): number {
  const known =
    error instanceof HurricaneError
      ? error
      : new HurricaneError(
          'bug',
          error instanceof Error ? (error.stack ?? error.message) : String(error),
        );
  printError(`hurricane: ${known.message}\n`);
  if (known.hint !== undefined) printError(`  ${known.hint}\n`);
  return known.exitCode;
}
