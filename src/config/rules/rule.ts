// What a rule about options together looks at, and what it says.

import type { ConsumeValues, ServeValues, WorkerValues } from '../options.ts';
import type { Origin, Problem } from '../problem.ts';
import { isGiven, type Entry, type Settlement } from '../settle.ts';

export interface Subject {
  /** What the command does not have is missing. */
  readonly values: Partial<ServeValues & WorkerValues & ConsumeValues>;
  readonly entries: Settlement<'serve'>['entries'];
}

/** Values with a problem of their own are missing; a rule about them is silent. */
export type Rule = (subject: Subject) => readonly Problem[];

/** The origins of what the user gave; defaults are not to blame. */
export function givenBy(entries: Subject['entries'], ...names: readonly Entry['name'][]): Origin[] {
  return names.flatMap((name) => {
    const origin = entries.get(name)?.origin;
    return origin === undefined || origin.layer === 'default' ? [] : [origin];
  });
}

/** Nobody gave it; what was given and is wrong has a sentence of its own. */
export function isUnset(
  values: Subject['values'],
  entries: Subject['entries'],
  key: keyof Subject['values'],
  name: Entry['name'],
): boolean {
  return values[key] === undefined && !isGiven(entries, name);
}
