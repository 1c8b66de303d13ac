// The values that the documentation shows are rendered, and are what a cluster takes.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { parse } from 'yaml';

import { examples } from '../helpers/doc-examples.ts';
import { helmSkip, leastValues, render } from '../helpers/helm.ts';
import { fieldFaults, schemaFaults } from '../helpers/kubernetes-schema.ts';

const shown = examples.filter(
  ({ page, language, mark }) =>
    page === 'docs/kubernetes.md' && language === 'yaml' && mark?.kind === 'run-by',
);

suite('the values of docs/kubernetes.md', { skip: helmSkip }, () => {
  test('are rendered, those of a part with the least that an app needs', async () => {
    assert.ok(shown.length > 5);
    const manifests = shown.flatMap(({ text }) => {
      const values = parse(text) as object;
      return render({ values: 'image' in values ? values : { ...leastValues, ...values } });
    });
    const faults = await Promise.all(manifests.map(schemaFaults));
    assert.deepEqual([...faults.flat(), ...fieldFaults(manifests)], []);
  });
});
