// Every option through the chart: a value of the chart, rendered, read by the artefact, and printed with its source.

import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';

import { helmSkip, render } from '../helpers/helm.ts';
import { runHurricane } from '../helpers/hurricane.ts';
import { materialise } from '../helpers/kubelet/container.ts';
import {
  batchesOf,
  effectOf,
  isFromEnvironment,
  kinds,
  rowsOf,
  sampleOf,
  variableOf,
  type Kind,
  type OptionRow,
} from '../helpers/option-samples.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

interface Printed {
  readonly values: readonly string[];
  readonly layer: string;
  readonly source: string;
}

const SECRET = 'samples';
/** The chart passes its own. */
const aboutTheFile = ['config', 'print-config'];

test('every option has a sample, which is not its default', () => {
  for (const row of kinds.flatMap(rowsOf)) {
    assert.notEqual(String(sampleOf(row)), row.default, row.name);
  }
});

for (const kind of kinds) {
  suite(kind, async () => {
    const batches = await batchesOf(kind);

    test('every option is in a batch', () => {
      const covered = new Set(batches.flat().map(({ name }) => name));
      const names = rowsOf(kind).map(({ name }) => name);
      assert.deepEqual(
        names.filter((name) => !covered.has(name)),
        [],
      );
    });

    for (const [index, batch] of batches.entries()) {
      test(
        `${batch.length} options of values arrive, the others stay as they are (${index + 1})`,
        { skip: helmSkip },
        async (t) => {
          const printed = await printConfig(t, kind, batch);
          for (const row of batch) assertArrived(row, printed[row.name]);
          for (const [name, texts] of await effectOf(kind, batch)) {
            if (aboutTheFile.includes(name) || batch.some((row) => row.name === name)) continue;
            assert.deepEqual(printed[name]?.values, texts, name);
          }
        },
      );
    }
  });
}

function assertArrived(row: OptionRow, printed: Printed | undefined): void {
  const { name, key } = row;
  assert.ok(printed, `${name} is not printed`);
  const { values, layer, source } = printed;
  if (isFromEnvironment(row)) {
    assert.equal(layer, 'environment', name);
    assert.match(source, /^(HURRICANE|AMQP|STATIC|MEDIA)_/);
  } else {
    assert.equal(layer, 'file', name);
    assert.ok(source.endsWith(`hurricane.yaml: ${key}`), source);
  }
  if (row.secret !== true) assert.deepEqual(values, [String(sampleOf(row))], name);
}

async function printConfig(
  t: TestContext,
  kind: Kind,
  batch: readonly OptionRow[],
): Promise<Readonly<Record<string, Printed>>> {
  const secrets = batch.filter(({ secret }) => secret);
  const manifests = render({ values: valuesOf(kind, batch, secrets) });
  const { words, env } = materialise(
    useTempDir(t),
    manifests,
    Object.fromEntries(secrets.map((row) => [`${SECRET}/${row.name}`, String(sampleOf(row))])),
  );
  const [command = '', ...args] = words;
  assert.equal(command, kind);
  const printing = [command, '--print-config', ...args];
  const { code, stdout, stderr } = await runHurricane(t, printing, { artefact: 'binary', env });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Record<string, Printed>;
}

function valuesOf(kind: Kind, batch: readonly OptionRow[], secrets: readonly OptionRow[]): object {
  const inFile = batch.filter((row) => !isFromEnvironment(row));
  const variables = batch.filter((row) => isFromEnvironment(row) && row.secret !== true);
  return {
    kind,
    image: { repository: 'app', tag: '1' },
    command: kind === 'consume' ? [] : ['app'],
    hurricane: Object.fromEntries(
      inFile.map((row) => [row.key, row.list ? [sampleOf(row)] : sampleOf(row)]),
    ),
    secrets: Object.fromEntries(
      secrets.map(({ key, name }) => [key, { secretName: SECRET, key: name }]),
    ),
    extraEnv: variables.map((row) => ({ name: variableOf(row), value: String(sampleOf(row)) })),
  };
}
