// Rules about how the app starts and is replaced.

import type { Option } from '../option.ts';
import { options } from '../options.ts';
import { problem, usageProblem, type Problem } from '../problem.ts';
import { isGiven, type Settlement } from '../settle.ts';
import { startAfterMs } from '../slices/app.ts';
import { givenBy, isUnset, type Rule, type Subject } from './rule.ts';

export const lifeRules: readonly Rule[] = [
  lifetimeHasItsNumber,
  comesUpInTime,
  gateHasItsQuestion,
  toolSpeaksForItself,
  watchedForAReason,
];

/** Of a command that starts no app. */
export function somethingIsPrepared({
  entries,
}: Pick<Settlement<'prepare'>, 'entries'>): readonly Problem[] {
  if (isGiven(entries, 'command') || isGiven(entries, 'wait-for')) return [];
  return [usageProblem('there is nothing to prepare: name a startup command with --command')];
}

function lifetimeHasItsNumber({ values, entries }: Subject): readonly Problem[] {
  if (values.maxLifetimeAction !== 'replace' || values.maxLifetime !== undefined) return [];
  const message = 'max-lifetime-action replace needs max-lifetime: say after how many requests';
  return [problem(message, ...givenBy(entries, 'max-lifetime-action'))];
}

function comesUpInTime({ values, entries }: Subject): readonly Problem[] {
  const { startAfter = 0, check = [], appStartTimeout = Infinity } = values;
  if (startAfterMs({ startAfter, check }) < appStartTimeout) return [];
  const message =
    'start-after is not shorter than app-start-timeout, so the program would never be up: ' +
    'shorten the one or raise the other';
  return [problem(message, ...givenBy(entries, 'start-after', 'app-start-timeout'))];
}

function watchedForAReason({ values, entries }: Subject): readonly Problem[] {
  const { autoreload, watch = [] } = values;
  if (autoreload !== false || watch.length === 0) return [];
  const message = 'watch needs autoreload, which says what to do about changes: add it';
  return [problem(message, ...givenBy(entries, 'watch'))];
}

const gateOptions = [
  'check-migrations-apply',
  'gate-first',
  'gate-timeout',
  'gate-pending-code',
] as const;

/** Without one, its defaults may be given and nothing else. */
function gateHasItsQuestion({ values, entries }: Subject): readonly Problem[] {
  if (!isUnset(values, entries, 'checkMigrations', 'check-migrations')) return [];
  const given = gateOptions.filter((name) => {
    const row: Option = options[name];
    return givenBy(entries, name).length > 0 && entries.get(name)?.texts[0] !== row.default;
  });
  if (given.length === 0) return [];
  const message =
    `${given.join(' and ')} without check-migrations: ` +
    'name with check-migrations what tells whether migrations are pending';
  return [problem(message, ...givenBy(entries, ...given))];
}

function toolSpeaksForItself({ values, entries }: Subject): readonly Problem[] {
  const { checkMigrations: question } = values;
  const origins = givenBy(entries, 'gate-pending-code');
  if (question?.kind !== 'tool' || origins.length === 0) return [];
  const message =
    `gate-pending-code is for a command of your own, and check-migrations ${question.tool} ` +
    'is understood by what it prints: leave out gate-pending-code';
  return [problem(message, ...origins)];
}
