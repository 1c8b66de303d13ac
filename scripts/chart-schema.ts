// chart/values.schema.json: the chart's own values, and the options of hurricane from their table.
// Draft-07, which every Helm reads. What values must not say together is in templates/_checks.tpl.

import { ownValues } from './chart-own-values.ts';
import type { ChartValue } from './chart-values.ts';
import { metricFamilies } from './metric-families.ts';
import { anyText, section, someText, tcpPort, word, type Schema } from './schema-parts.ts';
import { fileDefaults, fileProperties } from '../src/config/json-schema.ts';
import { allows, variablesOf, type CommandName, type Option } from '../src/config/option.ts';
import { rows, type OptionKey } from '../src/config/options.ts';

const kinds = ['serve', 'consume', 'worker'] as const satisfies readonly CommandName[];

/** The whole schema; `values` are those of values.yaml, for the descriptions. */
export function chartSchema(values: readonly ChartValue[]): object {
  const texts = new Map(values.map(({ path, text }) => [path, text]));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart of hurricane',
    ...described(
      section({ ...properties(), global: { type: ['object', 'null'] } }, mayBeLeftEmpty(values)),
      '',
      texts,
    ),
  };
}

/** What is as good as not given when nothing stands behind its key, which YAML takes for null. */
function mayBeLeftEmpty(values: readonly ChartValue[]): readonly string[] {
  const emptied = ['resources', 'podSecurityContext', 'securityContext'];
  const empty = values.filter(({ default: given }) =>
    /^(\{\}|\[\]|"")$/.test(JSON.stringify(given)),
  );
  return ['global', 'topologySpreadConstraints', ...emptied, ...empty.map(({ path }) => path)];
}

/** chart/options.json: what the templates must know of the options. */
export function chartOptions(): object {
  const inFile = rows.filter((row) => allows(row, 'file'));
  const some = inFile
    .map(({ key, on }) => [key, kinds.filter((kind) => on.includes(kind))] as const)
    .filter(([, on]) => on.length < kinds.length);
  return {
    /** Those that only these kinds have; elsewhere nobody would read them. */
    kinds: Object.fromEntries(some),
    /** What `hurricane prepare` reads, which the job is. */
    preparation: inFile
      .filter(({ on }) => on.some((name) => name === 'prepare'))
      .map(({ key }) => key),
    /** What the manifests follow from. The file always has it, lest a variable of the image contradicts them. */
    defaults: fileDefaults(followed),
    /** Key → what it must look like. */
    durations: Object.fromEntries(
      inFile.filter(isDuration).map(({ key, parser }) => [key, parser.schema.pattern]),
    ),
    /** The deadlines of a start, in their order. */
    deadlines: fileDefaults(deadlines),
    /** What /metrics.json says, where there are requests and where there are messages. */
    numbers: { requests: numbersOf('requests'), messages: numbersOf('messages') },
    secrets: secret.map(({ key }) => key),
    /** By which variables a pod may be told what messages cannot do without. */
    variables: Object.fromEntries(
      rows.filter(({ key }) => needed.includes(key)).map((row) => [row.key, everyVariableOf(row)]),
    ),
    /** Those that may be off, which YAML as Helm reads it takes for false. */
    off: inFile.filter(mayBeOff).map(({ key }) => key),
  };
}

function numbersOf(part: 'requests' | 'messages'): readonly string[] {
  const families = metricFamilies(part);
  return families.filter(({ scales }) => scales).map(({ name }) => name);
}

/** Those that may come from a Secret. */
const secret = rows.filter((row) => row.secret ?? row.orFile);

const followed = [
  ...['host', 'port', 'startupProbe', 'readinessProbe', 'livenessProbe', 'metrics'],
  ...['noProbe', 'noMetrics', 'gracePeriod'],
] as const satisfies readonly OptionKey[];

const deadlines = [
  ...['waitTimeout', 'commandTimeout', 'gateTimeout', 'appStartTimeout'],
] as const satisfies readonly OptionKey[];

const needed: readonly OptionKey[] = ['amqpUrl', 'amqpHost', 'amqpPort', 'queue'];

function everyVariableOf(row: (typeof rows)[number]): readonly string[] {
  const names = variablesOf(row.name, row);
  return row.orFile ? [...names, ...names.map((name) => `${name}_FILE`)] : names;
}

function isDuration({ parser }: Option): boolean {
  return parser.schema.maximum === 0;
}

function mayBeOff({ parser }: Option): boolean {
  return 'value' in parser.parse('off') && parser.schema.type !== 'string';
}

/** Each value with its description; what lies below one with a description is described by it. */
function described(schema: Schema, path: string, texts: ReadonlyMap<string, string>): Schema {
  const text = texts.get(path);
  if (text !== undefined) return { description: text, ...schema };
  const below = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  if (below.length === 0) return schema;
  const prefix = path === '' ? '' : `${path}.`;
  const named = below.map(([key, value]) => [key, described(value, `${prefix}${key}`, texts)]);
  return { ...schema, properties: Object.fromEntries(named) as Schema };
}

const urlPath: Schema = { type: 'string', pattern: '^/[^\\s?#]*$' };

function properties(): Readonly<Record<string, Schema>> {
  return {
    kind: word(...kinds),
    command: { type: 'array', items: anyText },
    hurricane: optionsSchema(),
    secrets: secretsSchema(),
    ...ownValues(),
  };
}

/** What may be in hurricane.yaml, less what a pod of Kubernetes cannot be asked for. */
function optionsSchema(): Schema {
  const narrowed: Readonly<Record<string, Schema>> = {
    ...{ port: tcpPort, probePort: tcpPort },
    ...{ startupProbe: urlPath, readinessProbe: urlPath, livenessProbe: urlPath, metrics: urlPath },
  };
  const schemas = fileProperties();
  const inFile = rows.filter((row) => allows(row, 'file'));
  const entries = inFile.map((row) => [
    row.key,
    { ...schemas[row.key], ...asHelmReads(row), ...narrowed[row.key] },
  ]);
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(entries) as Schema,
  };
}

/** What YAML makes of it in values, and what the templates refuse with a better sentence. */
function asHelmReads(row: Option): Schema {
  const { schema } = row.parser;
  const withoutUnit = isDuration(row) ? { maximum: undefined, pattern: undefined } : {};
  if (!mayBeOff(row)) return withoutUnit;
  return schema.enum === undefined
    ? { ...withoutUnit, type: [schema.type ?? [], 'boolean'].flat() }
    : { enum: [...schema.enum, false] };
}

function secretsSchema(): Schema {
  const reference = section({ secretName: someText, key: someText });
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(secret.map(({ key }) => [key, reference])),
  };
}
