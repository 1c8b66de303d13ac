// The variables of the environment, and what Kubernetes puts among them.

import { closest } from '../lib/closest.ts';
import { readWhole, type ReadFile } from './file-layer.ts';
import { LayerDraft, type LayerValues, type Row } from './layer.ts';
import { allows, variablesOf } from './option.ts';
import { rows } from './options.ts';
import { problem } from './problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `HURRICANE_SERVICE_HOST`, `HURRICANE_PORT_80_TCP_ADDR` …: what a Service called hurricane adds. */
const SERVICE_LINK =
  /^HURRICANE_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$/;
const REMEDY = 'rename the Service, or set enableServiceLinks: false';

export function environmentLayer(env: Environment, readFile: ReadFile): LayerValues {
  const draft = new LayerDraft();
  const known = new Set<string>();
  // Manifests are often templates: an empty variable is one that was not filled in.
  const isSet = (variable: string): boolean => (env[variable] ?? '').trim() !== '';
  for (const row of rows) {
    if (!allows(row, 'environment')) continue;
    const variables = variablesOf(row.name, row);
    const files = row.orFile ? variables.map((variable) => `${variable}_FILE`) : [];
    for (const variable of [...variables, ...files]) known.add(variable);
    const name = variables.find(isSet);
    const fileName = files.find(isSet);
    if (name !== undefined) add(draft, row, name, env[name] ?? '');
    else if (fileName !== undefined) {
      addFile(draft, row, fileName, env[fileName]?.trim() ?? '', readFile);
    }
  }
  const strangers = Object.keys(env).filter(
    (name) => name.startsWith('HURRICANE_') && !known.has(name),
  );
  draft.warnings.push(...aboutStrangers(strangers, known));
  return draft;
}

function add(draft: LayerDraft, row: Row, name: string, value: string): void {
  if (row.parser.shape === 'PORT' && value.startsWith('tcp://')) {
    draft.warnings.push(`${name} is ignored: Kubernetes set it for a Service: ${REMEDY}`);
    return;
  }
  const lines = row.list ? value.split('\n') : [value];
  draft.values.set(row.name, {
    texts: lines.map((line) => line.trim()).filter((line) => line !== ''),
    origin: { layer: 'environment', name },
  });
}

function addFile(
  draft: LayerDraft,
  row: Row,
  name: string,
  path: string,
  readFile: ReadFile,
): void {
  const read = readWhole(path, 'value', readFile);
  if ('text' in read) {
    add(draft, row, name, read.text);
    return;
  }
  const origin = { layer: 'environment', name } as const;
  draft.problems.push(problem(`${row.name}: "${path}" ${read.fault}`, origin));
}

/** One warning for all service links, and one for each other variable that we do not know. */
function aboutStrangers(names: readonly string[], known: ReadonlySet<string>): readonly string[] {
  const links = names.filter((name) => SERVICE_LINK.test(name));
  const others = names.filter((name) => !SERVICE_LINK.test(name));
  return [
    ...(links.length > 0
      ? [`ignored, because Kubernetes set them for a Service: ${links.join(', ')}: ${REMEDY}`]
      : []),
    ...others.map((name) => {
      const guess = closest(name, known);
      const remedy = guess === undefined ? 'remove or rename it' : `did you mean ${guess}?`;
      return `${name} is not a variable of hurricane and is ignored: ${remedy}`;
    }),
  ];
}
