// What asks whether migrations are pending, and what its end says. Pure.

import { stripVTControlCharacters } from 'node:util';

import type { MigrationGateConfig, MigrationTool } from '../config/slices/preparation.ts';
import { describeExit, type ExitStatus } from '../core/exit-status.ts';

/** How a program shows an answer: by its exit code and, where that is not enough, by a line of its stdout. */
interface Sign {
  readonly code: number;
  readonly line?: RegExp;
}

/** What is run, and how it is understood. */
export interface Question {
  readonly words: readonly string[];
  readonly none: Sign;
  readonly pending: Sign;
}

export type Answer =
  | { readonly kind: 'none' }
  | { readonly kind: 'pending' }
  /** It could not be asked; the reason reads after the name of the program. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Each is run by a test for real. */
const tools: Readonly<Record<MigrationTool, Question>> = {
  // Its code is 1 also where the database cannot be reached.
  django: {
    words: ['python3', 'manage.py', 'migrate', '--check', '--plan'],
    none: { code: 0, line: /^ *No planned migration operations\.$/ },
    pending: { code: 1, line: /^Planned operations:$/ },
  },
  // Its code is 0 also where some are pending.
  knex: {
    words: ['node_modules/.bin/knex', 'migrate:list'],
    none: { code: 0, line: /^No Pending Migration files Found\.$/ },
    pending: { code: 0, line: /^Found \d+ Pending Migration file/ },
  },
};

export function questionOf({ question, pendingCode }: MigrationGateConfig): Question {
  if (question.kind === 'command') {
    return { words: question.words, none: { code: 0 }, pending: { code: pendingCode } };
  }
  const tool = tools[question.tool];
  return { ...tool, words: [...tool.words, ...question.words] };
}

/** True for a line of stdout that the answer may depend on; the others need not be kept. */
export function isTelling({ none, pending }: Question, line: string): boolean {
  return shows(none, line) || shows(pending, line);
}

/** `lines`: those of stdout that are telling. */
export function answerOf(question: Question, status: ExitStatus, lines: readonly string[]): Answer {
  const isShown = (sign: Sign): boolean =>
    status.kind === 'exited' &&
    status.code === sign.code &&
    (sign.line === undefined || lines.some((line) => shows(sign, line)));
  if (isShown(question.pending)) return { kind: 'pending' };
  if (isShown(question.none)) return { kind: 'none' };
  return { kind: 'unknown', reason: describeExit(status) };
}

function shows({ line: pattern }: Sign, line: string): boolean {
  return pattern?.test(stripVTControlCharacters(line)) === true;
}
