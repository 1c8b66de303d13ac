// What options must not say together: one function per rule, each with its sentence. Rules by topic are in rules/.

import { needsDeliver } from './option.ts';
import { rows } from './options.ts';
import { usageProblem, type Problem } from './problem.ts';
import { isGiven } from './settle.ts';
import { debuggingRules } from './rules/debugging.ts';
import { fileRules } from './rules/files.ts';
import { lifeRules } from './rules/life.ts';
import { messageRules } from './rules/messages.ts';
import { observationRules } from './rules/observation.ts';
import { placeRules } from './rules/places.ts';
import type { Subject } from './rules/rule.ts';

export function crossCheck(subject: Subject): readonly Problem[] {
  const applicable = takesMessages(subject) ? [...rules, ...messageRules] : rules;
  return applicable.flatMap((rule) => rule(subject));
}

const rules = [
  ...placeRules,
  ...debuggingRules,
  ...lifeRules,
  ...fileRules,
  ...observationRules,
  messagesAreDelivered,
];

function takesMessages({ entries }: Subject): boolean {
  return entries.has('handler') || isGiven(entries, 'deliver');
}

function messagesAreDelivered(subject: Subject): readonly Problem[] {
  if (takesMessages(subject)) return [];
  const given = rows.filter((row) => needsDeliver(row) && subject.entries.has(row.name));
  if (given.length === 0) return [];
  const names = given.map(({ name }) => `--${name}`).join(', ');
  const [need, them] = given.length === 1 ? ['needs', 'it'] : ['need', 'them'];
  return [
    usageProblem(
      `${names} ${need} --deliver: name the path of the app that messages are posted to, ` +
        `or leave ${them} out`,
    ),
  ];
}
