// For every option a value that is not its default, by the kind of its values; and sets of options that do not
// contradict each other, found by asking the rules themselves.

import {
  loadConsumeConfig,
  loadServeConfig,
  loadWorkerConfig,
  type LoadInput,
  type Report,
} from '../../src/config/load.ts';
import { allows, needsDeliver, variablesOf } from '../../src/config/option.ts';
import { rows, type OptionName } from '../../src/config/options.ts';

export const kinds = ['serve', 'consume', 'worker'] as const;
export type Kind = (typeof kinds)[number];

export type OptionRow = (typeof rows)[number];

/** As the configuration file writes it; of a list each value. */
export type Sample = string | number | boolean;

/** Every row that the kind takes and that says something about its work. */
export function rowsOf(kind: Kind): readonly OptionRow[] {
  return rows.filter(
    ({ on, name }) => on.includes(kind) && name !== 'config' && name !== 'print-config',
  );
}

/** Throws for a row whose kind of values is not known here. */
export function sampleOf(row: OptionRow): Sample {
  const { name, parser, default: given } = row;
  const own = samplesOfRows[name];
  if (own !== undefined) return own;
  if (parser.shape === 'true|false') return given !== 'true';
  if (parser.schema.enum !== undefined) {
    const other = parser.schema.enum.findLast((choice) => choice !== given);
    if (other !== undefined) return other;
  }
  const sample = samplesOfShapes[parser.shape];
  if (sample !== undefined) return sample(row);
  throw new Error(`${name} takes ${parser.shape}, for which there is no sample: give it one`);
}

/** Where the rules of one row or its neighbours are narrower than its kind of values. */
const samplesOfRows: Readonly<Partial<Record<OptionName, Sample>>> = {
  // What is printed must be read.
  'log-format': 'json',
  'start-after': '4s',
  'check-interval': '9s',
};

const samplesOfShapes: Readonly<Record<string, (row: OptionRow) => Sample>> = {
  TEXT: ({ name }) => `sample-${name}`,
  FILE: ({ name }) => `/samples/${name}`,
  'FILE.mjs': ({ name }) => `/samples/${name}.mjs`,
  GLOB: () => 'samples/**/*.x',
  HOST: () => '192.0.2.9',
  'HOST:PORT': () => '127.0.0.9:7777',
  PORT: ({ name }) => 7000 + rows.findIndex((row) => row.name === name),
  PATH: ({ name }) => `/sample-${name}`,
  'PATH|URL': () => 'http://127.0.0.1:9/metrics',
  URL: ({ name }) => `${name === 'amqp-url' ? 'amqp' : 'http'}://127.0.0.9:7778`,
  TIME: () => '47s',
  'TIME|off': () => '48s',
  'TIME..TIME': () => '300ms..40s',
  'TIMES|none': () => '2s,20s',
  N: () => 37,
  'N|off': () => 38,
  CODE: () => 39,
  'N/M': () => '2/5',
  SIZE: () => '77Mi',
  'SIZE|off': () => '78Mi',
  NAME: () => 'SAMPLE_NAME',
  KEY: () => 'routing-key',
  COMMAND: ({ name }) => `sample ${name} "two words"`,
  'COMMAND|django|knex': () => 'sample question',
  'TAG[,TAG][:NAME]=SPEC': () => 'readiness:sample=true',
  '[TYPE,…@]URL': () => 'startup@http://127.0.0.9/hook',
  'TYPE[=FILE.mjs|off]': () => 'sample=/samples/type.mjs',
  '[NAME=]COMMAND|FILE.mjs': () => 'sample=sample metrics',
  'private|none|all|CIDR,…': () => '10.0.0.0/8',
  '[URL=DIR]': ({ name }) => `/${name}=/samples`,
  PATTERN: () => '/orders/{id}',
  'NAME=VALUE': () => 'x-max-length=10000',
  'SIGNAL[:leader]': () => 'SIGUSR1',
};

/** What a row means nothing without. */
const companions: Readonly<Partial<Record<OptionName, readonly OptionName[]>>> = {
  watch: ['autoreload'],
  'gate-first': ['check-migrations'],
  'gate-timeout': ['check-migrations'],
  'gate-pending-code': ['check-migrations'],
  'check-migrations-apply': ['check-migrations'],
  'static-watch': ['static-command'],
  'static-command': ['static-watch'],
  'max-lifetime-action': ['max-lifetime'],
  exclusive: ['queue-type'],
  'amqp-cert': ['amqp-key'],
  'amqp-key': ['amqp-cert'],
  'pycharm-host': ['pycharm-port'],
  'pycharm-port': ['pycharm-host'],
};

/** `serve` takes messages only when it delivers them. */
const delivery: readonly OptionName[] = ['deliver', 'queue'];
const broker: readonly OptionName[] = ['amqp-host', 'amqp-port'];
const needed: Readonly<Record<Kind, readonly OptionName[]>> = {
  serve: [],
  consume: ['queue', 'handler', ...broker],
  worker: [],
};

/** Sets of rows of the kind, in which every row is at least once, each of which is a configuration without a fault. */
export async function batchesOf(kind: Kind): Promise<readonly (readonly OptionRow[])[]> {
  const batches: OptionRow[][] = [];
  for (const row of rowsOf(kind)) {
    const unit = [row, ...companionsOf(kind, row)];
    const fits = await firstThat(batches, async (batch) => isFine(kind, union(batch, unit)));
    if (fits !== undefined) {
      fits.push(...union(fits, unit).slice(fits.length));
      continue;
    }
    const first = [...needed[kind], 'log-format' as const].map(rowOf);
    const wholes = [
      union(first, unit),
      union(
        first.filter(({ group }) => group !== row.group),
        unit,
      ),
    ];
    const whole = await firstThat(wholes, (batch) => isFine(kind, batch));
    if (whole === undefined)
      throw new Error(`${row.name}: ${(await problemsOf(kind, wholes[0] ?? [])).join('; ')}`);
    batches.push(whole);
  }
  return batches;
}

function companionsOf(kind: Kind, row: OptionRow): readonly OptionRow[] {
  const delivers = kind === 'serve' && (row.name === 'deliver' || needsDeliver(row));
  const names = [
    ...(companions[row.name] ?? []),
    ...(delivers ? delivery : []),
    ...(delivers && row.name !== 'amqp-url' ? broker : []),
  ];
  return names.map(rowOf);
}

/** By which variable a row is set that is no key of the file. */
export function variableOf(row: OptionRow): string {
  return variablesOf(row.name, row)[0];
}

/** A secret, or a row that only the environment has. */
export function isFromEnvironment(row: OptionRow): boolean {
  return row.secret === true || !allows(row, 'file');
}

function union(batch: readonly OptionRow[], unit: readonly OptionRow[]): OptionRow[] {
  return [...new Set([...batch, ...unit])];
}

function rowOf(name: OptionName): OptionRow {
  const found = rows.find((row) => row.name === name);
  if (found === undefined) throw new Error(`there is no option ${name}`);
  return found;
}

async function firstThat<T>(
  all: readonly T[],
  isRight: (one: T) => Promise<boolean>,
): Promise<T | undefined> {
  for (const one of all) if (await isRight(one)) return one;
  return undefined;
}

async function isFine(kind: Kind, batch: readonly OptionRow[]): Promise<boolean> {
  return (await problemsOf(kind, batch)).length === 0;
}

const loaders = { serve: loadServeConfig, consume: loadConsumeConfig, worker: loadWorkerConfig };

async function problemsOf(kind: Kind, batch: readonly OptionRow[]): Promise<readonly string[]> {
  return (await loaded(kind, batch)).problems.map(({ message }) => message);
}

/** What every option of the kind comes to be, as texts, when those of the batch are given and no others. */
export async function effectOf(
  kind: Kind,
  batch: readonly OptionRow[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { entries } = await loaded(kind, batch);
  return new Map(entries.map(({ name, texts }) => [name, texts]));
}

function loaded(kind: Kind, batch: readonly OptionRow[]): Promise<Report> {
  const inFile = batch.filter((row) => !isFromEnvironment(row));
  const texts = inFile.map((row) => [row.key, row.list ? [sampleOf(row)] : sampleOf(row)]);
  const file = JSON.stringify(Object.fromEntries(texts));
  const input: LoadInput = {
    flags: new Map([['config', ['/hurricane.json']]]),
    env: Object.fromEntries(
      batch.filter(isFromEnvironment).map((row) => [variableOf(row), String(sampleOf(row))]),
    ),
    readFile: (path) => (path === '/hurricane.json' ? file : 'a secret'),
    appCommand: kind === 'consume' ? [] : ['app'],
    problems: [],
    random: () => 0,
  };
  return loaders[kind](input);
}
