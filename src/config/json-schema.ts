// The table as JSON Schema: what an editor may know about hurricane.yaml.

import { allows, type JsonSchema, type Option } from './option.ts';
import { rows, type OptionKey } from './options.ts';

/** The schema of the configuration file (draft 2020-12). */
export function configurationSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration file of hurricane',
    type: 'object',
    additionalProperties: false,
    properties: fileProperties(),
  };
}

/** Key → what the file may hold there; the same in every draft of JSON Schema since 6. */
export function fileProperties(): Readonly<Record<string, object>> {
  const inFile = rows.filter((row) => allows(row, 'file'));
  return Object.fromEntries(inFile.map((row) => [row.key, propertyOf(row)]));
}

/** Key → default in the type it has in the file. */
export function fileDefaults(keys: readonly OptionKey[]): Readonly<Record<string, unknown>> {
  const chosen = rows.filter(({ key }) => keys.includes(key));
  return Object.fromEntries(
    chosen.map((row) => [row.key, (defaultOf(row) as { default?: unknown }).default]),
  );
}

function propertyOf(row: Option): object {
  const described = { description: row.help, ...defaultOf(row) };
  return row.list
    ? { type: 'array', items: row.parser.schema, ...described }
    : { ...row.parser.schema, ...described };
}

/** The default in the type it has in the file; a derived one stands in words in the description. */
function defaultOf({ default: given, parser, help }: Option): object {
  if (given === undefined) return {};
  if (typeof given !== 'string') return { description: `${help} (default: ${given.describe})` };
  return { default: inFile(parser.schema, given) };
}

function inFile({ type }: JsonSchema, text: string): string | number | boolean {
  if (type === 'boolean') return text === 'true';
  return type === 'integer' ? Number(text) : text;
}
