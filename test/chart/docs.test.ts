// The values that the documentation shows are rendered, are what a cluster takes, and are taken by the artefact.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { parse } from 'yaml';

import { examples } from '../helpers/doc-examples.ts';
import { helmSkip, leastValues, render } from '../helpers/helm.ts';
import { runHurricane } from '../helpers/hurricane.ts';
import { materialise } from '../helpers/kubelet/container.ts';
import { fieldFaults, schemaFaults } from '../helpers/kubernetes-schema.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

interface Values {
  readonly image?: object;
  readonly secrets?: Readonly<
    Record<string, { readonly secretName: string; readonly key: string }>
  >;
}

const shown = examples
  .filter(
    ({ page, language, mark }) =>
      page === 'docs/kubernetes.md' && language === 'yaml' && mark?.kind === 'run-by',
  )
  .map(({ text, place }) => {
    const values = parse(text) as Values;
    return { place, values: values.image === undefined ? { ...leastValues, ...values } : values };
  });

suite('the values of docs/kubernetes.md', { skip: helmSkip }, () => {
  test('are rendered, those of a part with the least that an app needs', async () => {
    assert.ok(shown.length > 5);
    const manifests = shown.flatMap(({ values }) => render({ values }));
    const faults = await Promise.all(manifests.map(schemaFaults));
    assert.deepEqual([...faults.flat(), ...fieldFaults(manifests)], []);
  });

  for (const { place, values } of shown) {
    test(`${place}: hurricane finds nothing wrong with them, and nothing missing [binary]`, async (t) => {
      const manifests = render({ values });
      const owners = ['Deployment', 'Job'] as const;
      for (const owner of owners.filter((kind) => manifests.some((each) => each.kind === kind))) {
        const { words, env } = materialise(useTempDir(t), manifests, secretsOf(values), owner);
        const [command = '', ...args] = words;
        const { code, stderr } = await runHurricane(t, [command, '--print-config', ...args], {
          artefact: 'binary',
          env,
        });
        assert.deepEqual([code, stderr], [0, ''], owner);
      }
    });
  }
});

/** A value for each, which says nothing of how it is to be read but that it is one. */
function secretsOf({ secrets = {} }: Values): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(secrets).map(([option, { secretName, key }]) => [
      `${secretName}/${key}`,
      option === 'amqpUrl' ? 'amqp://user:password@rabbitmq' : 'sample',
    ]),
  );
}
