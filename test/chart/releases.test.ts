// Several releases side by side, long names, and what helm tells after an installation.

import assert from 'node:assert/strict';
import { cpSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';

import {
  chartFolder,
  helmSkip,
  leastValues,
  render,
  template,
  type Manifest,
} from '../helpers/helm.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const everything = join(chartFolder, 'ci/everything-values.yaml');
const idOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

/** The notes, which `helm template` leaves out: those of a copy of the chart that has them in an object. */
function notes(t: TestContext, values: object, release = 'shop'): string {
  const chart = join(useTempDir(t), 'hurricane');
  cpSync(chartFolder, chart, { recursive: true });
  renameSync(join(chart, 'templates/NOTES.txt'), join(chart, 'NOTES.txt'));
  const text = '{{ tpl (.Files.Get "NOTES.txt") . | toJson }}';
  writeFileSync(
    join(chart, 'templates/notes.yaml'),
    `{apiVersion: v1, kind: Notes, metadata: {name: n}, data: {text: ${text}}}`,
  );
  const manifests = render({ chart, release, values: { ...leastValues, ...values } });
  return manifests.find(({ kind }) => kind === 'Notes')?.data?.['text'] ?? '';
}

suite('the releases of the chart', { skip: helmSkip }, () => {
  for (const release of ['a'.repeat(53), `${'b'.repeat(42)}-hurricane`]) {
    test(`a name of ${release.length} characters leaves every name whole, distinct and at most 63: ${release}`, () => {
      const manifests = render({ release, files: [everything] });
      assert.equal(new Set(manifests.map(idOf)).size, manifests.length);
      for (const { metadata } of manifests) {
        assert.match(metadata.name, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
        for (const value of Object.values(metadata.labels ?? {})) {
          assert.match(value, /^[\w]([\w.-]{0,61}\w)?$/);
        }
      }
      const names = manifests.map(({ metadata }) => metadata.name).join(' ');
      for (const end of ['-probes', '-commands', '-test']) assert.ok(names.includes(end), end);
    });
  }

  for (const release of ['4you', 'shop.market']) {
    test(`${release} is no name of a Service, and another is asked for`, () => {
      const { status, stderr } = template({ release, values: leastValues });
      assert.notEqual(status, 0);
      assert.match(stderr, new RegExp(`cannot be called ${release}-hurricane.*fullnameOverride`));
      const named = render({ release, values: { ...leastValues, fullnameOverride: 'shop' } });
      assert.ok(named.some((manifest) => idOf(manifest) === 'Service shop'));
    });
  }

  test('two in one namespace share no object and select none of each other’s pods', () => {
    const [first, second] = ['red', 'blue'].map((release) =>
      render({ release, files: [everything] }),
    );
    assert.ok(first && second);
    const ids = first.map(idOf);
    assert.deepEqual(
      second.map(idOf).filter((id) => ids.includes(id)),
      [],
    );
    const texts = [JSON.stringify(first), JSON.stringify(second)];
    assert.match(texts[0] ?? '', /"app.kubernetes.io\/instance":"red"/);
    assert.doesNotMatch(texts[0] ?? '', /"app.kubernetes.io\/instance":"blue"/);
    assert.doesNotMatch(texts[1] ?? '', /"app.kubernetes.io\/instance":"red"/);
  });

  test('are in the namespace they are installed into', () => {
    const manifests = render({ namespace: 'market', files: [everything] });
    const strays = manifests.filter(
      ({ metadata }) => metadata.namespace !== 'market' && metadata.name !== 'shop-extra',
    );
    assert.deepEqual(strays.map(idOf), []);
  });

  test('a release whose name says hurricane is not called so twice', () => {
    const [{ metadata } = assert.fail()] = render({ release: 'hurricane', values: leastValues });
    assert.equal(metadata.name, 'hurricane');
    const named = render({ values: { ...leastValues, fullnameOverride: 'web' } });
    assert.ok(named.some((manifest) => idOf(manifest) === 'Deployment web'));
  });

  test('have no hook but the commands and the test', () => {
    const hooks = render({ files: [everything] }).filter(
      ({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined,
    );
    assert.deepEqual(hooks.map(({ kind }) => kind).sort(), ['Job', 'Pod']);
    const policies = hooks.map(({ kind, metadata }) => [
      kind,
      metadata.annotations?.['helm.sh/hook-delete-policy'],
    ]);
    // `helm test --logs` asks a pod that has passed for its log, which is gone with it.
    assert.deepEqual(Object.fromEntries(policies), {
      Job: 'before-hook-creation,hook-succeeded',
      Pod: 'before-hook-creation',
    });
  });

  const ingress = {
    enabled: true,
    hosts: ['a.example.com', 'b.example.com'].map((host) => ({
      host,
      paths: [{ path: '/shop', pathType: 'Prefix' }],
    })),
    tls: [{ secretName: 'a', hosts: ['a.example.com'] }],
  };
  const cases = [
    [{}, /port-forward service\/shop-hurricane 8080:80\n {2}at http:\/\/127\.0\.0\.1:8080/],
    [{ service: { type: 'NodePort' } }, /jsonpath='\{\.spec\.ports\[0\]\.nodePort\}'/],
    [{ service: { type: 'LoadBalancer', port: 8443 } }, /on port 8443 of its EXTERNAL-IP/],
    [
      { ingress },
      /Reach it:\n {2}https:\/\/a\.example\.com\/shop\n {2}http:\/\/b\.example\.com\/shop\n/,
    ],
  ] as const;
  for (const [values, sentence] of cases) {
    test(`tell how the app is reached: ${JSON.stringify(values)}`, (t) => {
      const text = notes(t, values);
      assert.match(text, sentence);
      assert.match(text, /^shop-hurricane runs `hurricane serve` -- app\.\n/);
      assert.match(text, /helm test shop --namespace default --logs/);
      assert.match(text, /rollout status deployment\/shop-hurricane/);
    });
  }

  test('tell nothing of what is not there', (t) => {
    const text = notes(t, { kind: 'worker', hurricane: { noProbe: true } });
    assert.doesNotMatch(text, /Reach it|helm test/);
    assert.match(text, /logs deployment\/shop-hurricane/);
  });

  test('tell for how long helm waits for a job, and only with one', (t) => {
    assert.doesNotMatch(notes(t, {}), /five minutes/);
    const text = notes(t, {
      startupCommands: { runIn: 'job' },
      hurricane: { command: ['migrate'] },
    });
    assert.match(text, /five minutes unless told otherwise/);
    assert.match(text, /logs --follow job\/shop-hurricane-commands\n/);
    assert.match(text, /helm upgrade shop … --namespace default --timeout 30m\n/);
  });
});
