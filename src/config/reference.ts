// The table as text: lines of `--help` and rows of the reference page.

import {
  allows,
  messageGroups,
  variablesOf,
  type CommandName,
  type Group,
  type Layer,
  type Option,
} from './option.ts';
import { rows, type OptionName } from './options.ts';

export interface HelpLine {
  /** `--probe-port PORT`. */
  readonly usage: string;
  /** The sentence, then the default in brackets. */
  readonly text: string;
  readonly common: boolean;
}

export interface HelpGroup {
  readonly title: string;
  readonly lines: readonly HelpLine[];
}

const titles: Record<Group, string> = {
  general: 'General',
  listeners: 'Listeners and probes',
  start: 'Start',
  debugging: 'Debugging',
  checks: 'Checks',
  webhooks: 'Webhooks',
  metrics: 'Custom metrics',
  proxy: 'Proxy',
  files: 'Static and media files',
  handler: 'Handler',
  broker: 'Broker',
  queue: 'Queue and exchange',
  retry: 'Retries and dead letters',
  life: 'Life and stop',
};

type Row = Option & { readonly name: OptionName };

/** The options of a command in the order of the table; groups without one are left out. */
export function helpGroups(command: CommandName): readonly HelpGroup[] {
  const shown = groups(rows.filter(({ on }) => on.includes(command)));
  return shown.map(({ group, title, members }) => ({
    title:
      command === 'serve' && messageGroups.includes(group) ? `${title}, with --deliver` : title,
    lines: members.map((row) => ({
      usage: usageOf(row),
      text: `${row.help}${fileText(row)}${defaultText(row)}`,
      common: row.common ?? false,
    })),
  }));
}

export interface ReferenceTable {
  readonly title: string;
  readonly head: readonly string[];
  /** Cells in Markdown; bars are not escaped. */
  readonly rows: readonly (readonly string[])[];
}

/** One table per group: flag, variable, file key, default, meaning. */
export function referenceTables(): readonly ReferenceTable[] {
  const head = ['Flag', 'Variable', 'File', 'Default', 'Meaning'];
  return groups(rows).map(({ title, members }) => ({
    title,
    head,
    rows: members.map((row) => [
      flagCell(row),
      cell(row, 'environment', variableCell(row)),
      cell(row, 'file', code(row.key)),
      defaultCell(row),
      row.help,
    ]),
  }));
}

function groups<R extends Option>(
  all: readonly R[],
): readonly {
  readonly group: Group;
  readonly title: string;
  readonly members: readonly R[];
}[] {
  return (Object.entries(titles) as [Group, string][])
    .map(([group, title]) => ({
      ...{ group, title },
      members: all.filter((row) => row.group === group),
    }))
    .filter(({ members }) => members.length > 0);
}

/** What may not be a flag is named by its variable. */
function usageOf(row: Row): string {
  const { name, flag, parser } = row;
  if (!allows(row, 'flag')) return variablesOf(name, row)[0];
  return flag ? `--${name}` : `--${name} ${parser.shape}`;
}

/** A secret is often a mounted file: the others that may be one are in the reference. */
function fileText(row: Row): string {
  if (!row.orFile || !row.secret) return '';
  return `; ${variablesOf(row.name, row)[0]}_FILE names a file that holds it`;
}

function defaultText({ default: given, flag, list }: Option): string {
  if (list) return ' (repeatable)';
  if (given === undefined || flag) return '';
  return ` [${typeof given === 'string' ? given : given.describe}]`;
}

function flagCell(row: Row): string {
  if (!allows(row, 'flag')) return '';
  const alias = row.alias === undefined ? '' : `, ${code(`--${row.alias}`)}`;
  return `${code(usageOf(row))}${alias}${row.list ? ', repeatable' : ''}`;
}

function variableCell(row: Row): string {
  const names = variablesOf(row.name, row).map(code).join(', ');
  return row.orFile ? `${names}; each also with \`_FILE\`` : names;
}

function cell(row: Option, layer: Layer, text: string): string {
  return allows(row, layer) ? text : '';
}

function defaultCell({ default: given, flag }: Option): string {
  if (given === undefined || flag) return '';
  return typeof given === 'string' ? code(given) : given.describe;
}

function code(text: string): string {
  return `\`${text}\``;
}
