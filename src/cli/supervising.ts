// The app behind `--`, which `serve` and `worker` have in common.

import { usageProblem, type Problem } from '../config/problem.ts';
import type { Invocation } from './command.ts';
import { commandLineMeant } from './meant.ts';

/** The app stands behind `--`; a forgotten one is the first mistake everybody makes. */
export function appCommandProblems(
  command: 'serve' | 'worker',
  example: string,
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
