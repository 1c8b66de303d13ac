// The chart's own examples of values: linted, rendered, and held against the schemas of Kubernetes.

import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite, test } from 'node:test';

import {
  chartFolder,
  helm,
  helmSkip,
  leastValues,
  objectOf,
  render,
  template,
} from '../helpers/helm.ts';
import { fieldFaults, schemaFaults } from '../helpers/kubernetes-schema.ts';

const files = globSync(join(chartFolder, 'ci/*-values.yaml')).sort();

suite('the manifests of the chart', { skip: helmSkip }, () => {
  test('have an example for each kind', () => {
    const kinds = files.map((file) => basename(file, '-values.yaml'));
    for (const kind of ['serve', 'consume', 'worker']) assert.ok(kinds.includes(kind), kind);
  });

  test('without values they pass the strict lint, and are refused with what is missing', () => {
    const lint = helm(['lint', '--strict', chartFolder]);
    assert.equal(lint.status, 0, lint.stdout);
    assert.match(template({}).stderr, /image\.repository is empty: name the image of the app/);
  });

  for (const file of files) {
    const example = basename(file);
    test(`${example} passes the strict lint, and is rendered the same twice`, () => {
      const lint = helm(['lint', '--strict', chartFolder, '--values', file]);
      assert.equal(lint.status, 0, lint.stdout);
      const [first, second] = [template({ files: [file] }), template({ files: [file] })];
      assert.equal(first.status, 0, first.stderr);
      assert.equal(first.stdout, second.stdout);
    });

    test(`${example} has no wrong type and lacks no field`, async () => {
      const manifests = render({ files: [file] });
      assert.ok(manifests.length > 3);
      const faults = await Promise.all(manifests.map(schemaFaults));
      assert.deepEqual(faults.flat(), []);
    });
  }

  test('have no field that does not exist', () => {
    assert.deepEqual(fieldFaults(files.flatMap((file) => render({ files: [file] }))), []);
  });

  test('a wrong type, a missing field and a field that does not exist would be noticed', async () => {
    const [deployment] = render({ values: leastValues }).filter(
      ({ kind }) => kind === 'Deployment',
    );
    assert.ok(deployment);
    const { spec } = deployment as { spec: object };
    const wrong = { ...spec, replicas: 'two', selector: undefined };
    const [said = ''] = await schemaFaults({ ...deployment, spec: wrong });
    assert.match(said, /replicas/);
    assert.match(said, /selector/);

    const misspelt = { ...deployment, spec: { ...spec, minReadySecond: 5 } };
    assert.match(fieldFaults([misspelt]).join(), /"minReadySecond".* exist/);
    const scaled = objectOf(
      render({ files: [join(chartFolder, 'ci/keda-values.yaml')] }),
      'ScaledObject',
    );
    const strange = { ...scaled, spec: { ...(scaled.spec as object), pollInterval: 5 } };
    assert.match(fieldFaults([strange]).join(), /"pollInterval".* exist/);
  });
});
