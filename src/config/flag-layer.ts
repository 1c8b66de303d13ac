// The flags of the command line.

import { closest } from '../lib/closest.ts';
import { LayerDraft, type LayerValues, type Row } from './layer.ts';
import { allows, variablesOf, type CommandName } from './option.ts';
import { rows } from './options.ts';
import { usageProblem, type Origin, type Problem } from './problem.ts';

/** Flags as they were tokenised: name without dashes → every text given for it, '' for none. */
export type Flags = ReadonlyMap<string, readonly string[]>;

export function flagLayer(command: CommandName, flags: Flags): LayerValues {
  const draft = new LayerDraft();
  const known = rows.filter((row) => row.on.includes(command) && allows(row, 'flag'));
  for (const [name, texts] of flags) {
    const row = known.find((option) => option.name === name || option.alias === name);
    const origin: Origin = { layer: 'flag', name: `${name.length === 1 ? '-' : '--'}${name}` };
    if (row === undefined) draft.problems.push(unknownFlag(command, origin.name, known));
    else add(draft, row, texts, origin);
  }
  return draft;
}

function add(draft: LayerDraft, row: Row, texts: readonly string[], origin: Origin): void {
  const { bare } = row;
  const given = bare === undefined ? texts : texts.map((text) => (text === '' ? bare : text));
  const all = [...(draft.values.get(row.name)?.texts ?? []), ...given];
  const flag = origin.name;
  if (given.includes('')) {
    draft.problems.push(usageProblem(`${flag} needs a value: write ${flag} ${row.parser.shape}`));
  } else if (all.length > 1 && row.list === undefined) {
    draft.problems.push(usageProblem(`${flag} is given ${all.length} times: keep one of them`));
  } else {
    draft.values.set(row.name, { texts: all, origin });
  }
}

function unknownFlag(command: CommandName, flag: string, known: readonly Row[]): Problem {
  const hidden = rows.find((row) => row.on.includes(command) && `--${row.name}` === flag);
  if (hidden !== undefined) {
    const [variable] = variablesOf(hidden.name, hidden);
    const orFile = hidden.orFile ? `, or ${variable}_FILE to a file that holds it` : '';
    const message = `${flag} is no flag, which everybody on this machine could read: set ${variable}${orFile}`;
    return usageProblem(message);
  }
  const names = known.flatMap(({ name, alias }) => (alias ? [name, alias] : [name]));
  const guess = closest(
    flag,
    names.map((name) => `--${name}`),
  );
  const remedy = guess ? `did you mean ${guess}?` : `see \`hurricane ${command} --help-all\``;
  return usageProblem(`${flag} is not an option of \`hurricane ${command}\`: ${remedy}`);
}
