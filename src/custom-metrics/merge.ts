// Many sources on one page: each name is there once, and the first who has it keeps it. Pure.

import { namesOf, type TextFamily } from './exposition.ts';

interface Given {
  /** Undefined for what was pushed, whose names were refused at once. */
  readonly source: string | undefined;
  readonly families: readonly TextFamily[];
}

export interface Merged {
  readonly families: readonly TextFamily[];
  /** Source → why something of it is not on the page. */
  readonly faults: ReadonlyMap<string, string>;
}

/** Nobody else's metric may have such a name. */
export const OWN_PREFIX = 'hurricane_';

/** In the words of the original, whose users search for them. */
export function alreadyRegistered(name: string): string {
  return `Metric ID (${name}) is already registered.`;
}

export function mergeFamilies(given: readonly Given[]): Merged {
  const taken = new Set<string>();
  const families: TextFamily[] = [];
  const faults = new Map<string, string>();
  for (const { source, families: offered } of given) {
    for (const family of offered) {
      const fault = faultOf(family, taken);
      if (fault === undefined) {
        for (const name of namesOf(family)) taken.add(name);
        families.push(family);
      } else if (source !== undefined && !faults.has(source)) {
        faults.set(source, fault);
      }
    }
  }
  return { families, faults };
}

export function renderFamilies(families: readonly TextFamily[]): string {
  return families
    .map(({ name, type, help, lines }) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n'),
    )
    .join('');
}

function faultOf(family: TextFamily, taken: ReadonlySet<string>): string | undefined {
  if (family.name.startsWith(OWN_PREFIX)) {
    return `${family.name}: names that begin with ${OWN_PREFIX} are hurricane's own`;
  }
  return namesOf(family).some((name) => taken.has(name))
    ? alreadyRegistered(family.name)
    : undefined;
}
