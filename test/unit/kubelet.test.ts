// The kubelet of the tests, as the real one was seen to behave.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ProbeKind, ProbeSpec } from '../helpers/kubelet/pod-spec.ts';
import { environmentOf, mountedFiles, podOf, type Manifest } from '../helpers/kubelet/pod-spec.ts';
import {
  conclude,
  ended,
  isDue,
  isReady,
  restartDelayMs,
  started,
  terminating,
  type ContainerState,
} from '../helpers/kubelet/probing.ts';

const probe = (changes: Partial<ProbeSpec> = {}): ProbeSpec => ({
  httpGet: { port: 'probes', path: '/' },
  failureThreshold: 3,
  ...changes,
});
const probes = {
  startupProbe: probe(),
  readinessProbe: probe({ failureThreshold: 2 }),
  livenessProbe: probe(),
};
const kinds: readonly ProbeKind[] = ['startup', 'readiness', 'liveness'];

const due = (state: ContainerState, of: Partial<typeof probes> = probes): readonly ProbeKind[] =>
  kinds.filter((kind) => isDue(kind, state, of));

/** After these answers of one probe: `+` passed, `-` did not. */
function after(kind: ProbeKind, answers: string, from: ContainerState): ContainerState {
  let state = from;
  for (const answer of answers) state = conclude(kind, answer === '+', state, probes).state;
  return state;
}

const kills = (kind: ProbeKind, answers: string, from: ContainerState): boolean =>
  conclude(kind, answers.endsWith('+'), after(kind, answers.slice(0, -1), from), probes).kill ??
  false;

test('startup is asked alone until it passes, and then never again', () => {
  assert.deepEqual(due(started()), ['startup']);
  const up = after('startup', '--+', started());
  assert.deepEqual(due(up), ['readiness', 'liveness']);
  assert.equal(isReady(up, probes), false);
  assert.deepEqual(due(started(), { readinessProbe: probe() }), ['readiness']);
  assert.equal(isReady(started(), {}), true, 'without probes it is ready as soon as it runs');
});

test('so many failures in a row end a container, and one pass forgives them', () => {
  assert.equal(kills('startup', '--', started()), false);
  assert.equal(kills('startup', '---', started()), true);
  const up = after('startup', '+', started());
  assert.equal(kills('liveness', '--+--', up), false);
  assert.equal(kills('liveness', '--+---', up), true);
});

test('readiness comes with the first pass and goes with the threshold, and ends nothing', () => {
  const up = after('startup', '+', started());
  const ready = after('readiness', '+', up);
  assert.equal(isReady(ready, probes), true);
  assert.equal(isReady(after('readiness', '-', ready), probes), true);
  assert.equal(isReady(after('readiness', '--', ready), probes), false);
  assert.equal(isReady(after('readiness', '--+', ready), probes), true);
  assert.equal(kills('readiness', '----', ready), false);
});

test('a container that is told to stop is asked for readiness alone, and counts as ready no more', () => {
  const ready = after('readiness', '+', after('startup', '+', started()));
  const stopping = terminating(ready);
  assert.deepEqual(due(stopping), ['readiness']);
  assert.equal(isReady(stopping, probes), false);
  assert.equal(kills('liveness', '---', stopping), false);
  assert.deepEqual(due(ended(stopping)), []);
  assert.deepEqual(due(terminating(started())), []);
});

test('the first restart is at once, the next ones take ever longer', () => {
  assert.deepEqual([1, 2, 3, 4, 9].map(restartDelayMs), [0, 10_000, 20_000, 40_000, 300_000]);
});

const manifests: readonly Manifest[] = [
  { kind: 'ConfigMap', metadata: { name: 'a' }, data: { 'hurricane.yaml': 'port: 1\n' } },
  {
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: {
      template: {
        spec: {
          terminationGracePeriodSeconds: 30,
          containers: [
            {
              ...{ command: ['hurricane'], args: [], ports: [] },
              env: [
                { name: 'A', value: '1' },
                { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
              ],
              volumeMounts: [
                { name: 'config', mountPath: '/etc/hurricane' },
                { name: 'tmp', mountPath: '/tmp' },
                { name: 'signing', mountPath: '/etc/secrets' },
              ],
            },
          ],
          volumes: [
            { name: 'config', configMap: { name: 'a' } },
            { name: 'tmp', emptyDir: {} },
            {
              name: 'signing',
              secret: { secretName: 'hook', items: [{ key: 'key', path: 'signing' }] },
            },
          ],
        },
      },
    },
  },
];

test('of the documents it takes the pod, its files and its variables', () => {
  const pod = podOf(manifests);
  assert.deepEqual(
    [...mountedFiles(pod, manifests, { 'hook/key': 'x' })],
    [
      ['/etc/hurricane', { 'hurricane.yaml': 'port: 1\n' }],
      ['/etc/secrets', { signing: 'x' }],
    ],
  );
  assert.throws(() => mountedFiles(pod, manifests.slice(1), {}), /no ConfigMap a/);
  const [container] = pod.containers;
  assert.ok(container);
  assert.deepEqual(environmentOf(container, { 's/k': '2' }), { A: '1', B: '2' });
  assert.throws(() => environmentOf(container, {}), /no key k in a Secret s/);
  assert.throws(() => podOf([]), /0 Deployments/);
});

test('of a job it takes the pod too, whose files may be annotations of its own', () => {
  const fieldRef = { fieldPath: "metadata.annotations['own.yaml']" };
  const template = {
    metadata: { annotations: { 'own.yaml': 'port: 2\n' } },
    spec: {
      containers: [{ volumeMounts: [{ name: 'own', mountPath: '/own' }] }],
      volumes: [{ name: 'own', downwardAPI: { items: [{ path: 'a.yaml', fieldRef }] } }],
    },
  };
  const job = { kind: 'Job', metadata: { name: 'j' }, spec: { template } };
  const pod = podOf([...manifests, job], 'Job');
  assert.deepEqual([...mountedFiles(pod, [], {})], [['/own', { 'a.yaml': 'port: 2\n' }]]);
  assert.throws(() => mountedFiles({ ...pod, annotations: {} }, [], {}), /does not have metadata/);
});
