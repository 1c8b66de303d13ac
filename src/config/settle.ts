// From layers to values: the highest layer that gives an option decides, then its text is parsed.

import { maskCredentials } from '../core/mask-credentials.ts';
import { environmentLayer, type Environment } from './environment-layer.ts';
import { fileLayer, type ReadFile } from './file-layer.ts';
import { flagLayer, type Flags } from './flag-layer.ts';
import type { Given, LayerValues, Row } from './layer.ts';
import { needsDeliver, type CommandName, type Infer, type Settled } from './option.ts';
import { rows, type options, type OptionKey, type OptionName } from './options.ts';
import { problem, type Origin, type Problem } from './problem.ts';

export interface Sources {
  readonly flags: Flags;
  readonly env: Environment;
  readonly readFile: ReadFile;
}

/** One effective value as it may be shown, and where it came from. */
export interface Entry {
  readonly name: OptionName;
  /** Secrets masked; one text per value of a list; none when it is not set. */
  readonly texts: readonly string[];
  readonly origin: Origin;
}

export interface Settlement<C extends CommandName> {
  /** An option with a problem is missing. */
  readonly values: Partial<Infer<typeof options, C>>;
  /** Undefined when there are problems. */
  readonly complete: Infer<typeof options, C> | undefined;
  /** Of all options that mean something here. */
  readonly entries: ReadonlyMap<OptionName, Entry>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Flag over file over environment over default, by presence and never by value. */
export async function settle<C extends CommandName>(
  command: C,
  { flags, env, readFile }: Sources,
): Promise<Settlement<C>> {
  const flagValues = flagLayer(command, flags);
  const environment = environmentLayer(env, readFile);
  const named = flagValues.values.get('config') ?? environment.values.get('config');
  const layers = [flagValues, await fileLayer(named, readFile), environment];

  const values: Partial<Record<OptionKey, unknown>> = {};
  const entries = new Map<OptionName, Entry>();
  const faults = layers.flatMap((layer) => layer.problems);
  // What was written since must not keep anybody from asking the hurricane that runs.
  const isHeeded = ({ usage }: Problem): boolean => usage || !asking.includes(command);
  const problems = faults.filter(isHeeded);
  for (const row of rows) {
    if (!row.on.includes(command)) continue;
    const isForOthers = command === 'serve' && needsDeliver(row) && !isGiven(entries, 'deliver');
    // A file may be shared with `consume`, and AMQP_HOST may be the app's own.
    const found = find(row, isForOthers ? [flagValues] : layers);
    const given = found ?? defaultOf(row, () => settledBy(command, values, env));
    if (found !== undefined || !isForOthers) entries.set(row.name, entryOf(row, given));
    const parsed = given.texts.map((text) => row.parser.parse(text));
    for (const [index, result] of parsed.entries()) {
      if ('problem' in result) problems.push(refuse(row, given, index, result.problem));
    }
    const fine = parsed.flatMap((result) => ('value' in result ? [result.value] : []));
    values[row.key] = row.list ? fine : fine[0];
  }
  // The loop above and the types are made of the same table.
  return {
    values: values as Settlement<C>['values'],
    complete: problems.length === 0 ? (values as Infer<typeof options, C>) : undefined,
    entries,
    problems,
    warnings: [
      ...layers.flatMap((layer) => layer.warnings),
      ...faults.filter((fault) => !isHeeded(fault)).map(({ message }) => message),
    ],
  };
}

const asking: readonly CommandName[] = ['probe', 'ctl'];

/** Somebody gave it, be it right or wrong, or it has a default. */
export function isGiven(entries: ReadonlyMap<OptionName, Entry>, name: OptionName): boolean {
  return (entries.get(name)?.texts.length ?? 0) > 0;
}

/** How a value may be shown. */
export function display(row: Row, text: string): string {
  return row.mask?.(text) ?? maskCredentials(text);
}

function find(row: Row, layers: readonly LayerValues[]): Given | undefined {
  return layers.map((layer) => layer.values.get(row.name)).find((given) => given !== undefined);
}

function defaultOf(row: Row, settled: () => Settled): Given {
  if (typeof row.default === 'object') {
    const name = `default: ${row.default.describe}`;
    return { texts: [row.default.derive(settled())], origin: { layer: 'default', name } };
  }
  const texts = row.default === undefined ? [] : [row.default];
  return { texts, origin: { layer: 'default', name: 'default' } };
}

function settledBy(
  command: CommandName,
  values: Partial<Record<OptionKey, unknown>>,
  env: Environment,
): Settled {
  const {
    host,
    port,
    probePort,
    appPort,
    appSocket,
    debug,
    debugger: listens,
    debuggerConnect,
    pycharmHost,
    protocol,
    queue,
    concurrency,
    durable,
  } = values as Settlement<'serve'>['values'] & Settlement<'consume'>['values'];
  return {
    host: host ?? '::',
    port: port ?? 8000,
    probePort: probePort ?? 8001,
    samePort: port !== 0 && port === probePort,
    consuming: command === 'consume',
    protocol: protocol ?? '0-9-1',
    queue: queue ?? '',
    concurrency: concurrency ?? 8,
    durable: durable ?? true,
    oneAtATime:
      command === 'worker' || appPort !== undefined || appSocket !== undefined || listens === true,
    debug: debug ?? false,
    debugging: listens === true || debuggerConnect !== undefined || pycharmHost !== undefined,
    inKubernetes: env['KUBERNETES_SERVICE_HOST'] !== undefined,
    temporaryFolder: env['TMPDIR'] ?? '/tmp',
  };
}

function entryOf(row: Row, given: Given): Entry {
  const texts = given.texts.map((text) => display(row, text));
  return { name: row.name, texts, origin: given.origin };
}

function refuse(row: Row, { texts, origin }: Given, index: number, fault: string): Problem {
  // A line break in a value must not look like the end of the sentence.
  const shown = JSON.stringify(display(row, texts[index] ?? ''));
  return problem(`${row.name}: ${shown} ${fault}`, origin);
}
