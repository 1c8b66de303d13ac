// Every pod of the chart: what it is allowed, what its container runs, and what follows from the options.

import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { parse } from 'yaml';

import { loadServeConfig } from '../../src/config/load.ts';
import { variablesOf } from '../../src/config/option.ts';
import { options, rows } from '../../src/config/options.ts';
import {
  appContainer,
  appPod,
  chartFolder,
  helmSkip,
  leastValues,
  objectOf,
  podsOf,
  render,
  specOf,
  type Manifest,
} from '../helpers/helm.ts';
import { loadInput } from '../helpers/load-input.ts';
import { violations } from '../helpers/pod-security.ts';

const files = globSync(join(chartFolder, 'ci/*-values.yaml')).sort();
const withOptions = (hurricane: object, more: object = {}): readonly Manifest[] =>
  render({ values: { ...leastValues, hurricane, ...more } });

suite('the pods of the chart', { skip: helmSkip }, () => {
  test('may run where restricted Pod Security is enforced, jobs and tests too', () => {
    const pods = files.flatMap((file) => podsOf(render({ files: [file] })));
    for (const kind of ['Deployment', 'Job', 'Pod']) {
      assert.ok(
        pods.some(({ owner }) => owner.startsWith(kind)),
        kind,
      );
    }
    for (const { owner, spec } of pods) {
      assert.deepEqual(violations(spec), [], owner);
      assert.equal(JSON.stringify(spec).includes('runAsUser'), false, owner);
    }
  });

  test('a pod that is not restricted would be noticed', () => {
    const manifests = withOptions(
      {},
      {
        securityContext: { allowPrivilegeEscalation: null, capabilities: null },
        podSecurityContext: { runAsNonRoot: null, seccompProfile: null, runAsUser: 0 },
      },
    );
    assert.deepEqual(violations(appPod(manifests)), [
      'container app: may gain privileges',
      'container app: keeps capabilities',
      'container app: may be root',
      'container app: is root',
      'container app: has no seccomp profile',
    ]);
    assert.deepEqual(
      violations({
        hostNetwork: true,
        containers: [],
        volumes: [{ name: 'docker', hostPath: { path: '/var/run' } }],
      }),
      ['hostNetwork', 'volume docker is a hostPath'],
    );
  });

  test('have a read-only root with a /tmp, no service links, no token and no preStop', () => {
    for (const { owner, spec } of files.flatMap((file) => podsOf(render({ files: [file] })))) {
      assert.equal(spec.enableServiceLinks, false, owner);
      assert.equal(spec['automountServiceAccountToken'], false, owner);
      assert.deepEqual(
        spec.volumes?.find(({ name }) => name === 'tmp'),
        { name: 'tmp', emptyDir: {} },
        owner,
      );
      const ours = [...spec.containers, ...(spec.initContainers ?? [])].filter(
        ({ name }) => !['exporter', 'fetch', 'install-hurricane'].includes(name),
      );
      for (const { securityContext, volumeMounts, lifecycle } of ours) {
        assert.equal(securityContext?.['readOnlyRootFilesystem'], true, owner);
        assert.ok(
          volumeMounts?.some(({ mountPath }) => mountPath === '/tmp'),
          owner,
        );
        assert.equal(lifecycle, undefined, owner);
      }
    }
  });

  const graces = [
    [undefined, 30],
    ['90s', 95],
    ['1.5m', 95],
    ['999ms', 6],
    ['2h', 7205],
    ['24d', 2_073_605],
    [0, 5],
  ] as const;
  for (const [gracePeriod, seconds] of graces) {
    test(`have ${seconds} s to end with a gracePeriod of ${gracePeriod ?? 'the default'}`, () => {
      const pod = appPod(withOptions(gracePeriod === undefined ? {} : { gracePeriod }));
      assert.equal(pod.terminationGracePeriodSeconds, seconds);
    });
  }

  test('may start for longer than every deadline of hurricane together', () => {
    const { periodSeconds, failureThreshold } = appContainer(withOptions({}))['startupProbe'] as {
      periodSeconds: number;
      failureThreshold: number;
    };
    const deadlines = ['wait-timeout', 'gate-timeout', 'app-start-timeout'] as const;
    const parsed = deadlines.map((name) => options[name].parser.parse(options[name].default));
    const ms = parsed.map((result) => ('value' in result ? result.value : NaN));
    const seconds = ms.reduce((sum, each) => sum + each, 0) / 1000;
    assert.ok(periodSeconds * failureThreshold > 2 * seconds);
  });

  test('of a start that the startup probe bounds alone, or nobody, are given up by the Deployment later still', () => {
    const deadline = (hurricane: object, startup: object): unknown =>
      specOf<{ progressDeadlineSeconds?: number }>(
        withOptions(hurricane, { probes: { startup } }),
        'Deployment',
      ).progressDeadlineSeconds;
    assert.equal(deadline({}, {}), 3600 + 600);
    const startup = { periodSeconds: 1, failureThreshold: 20 };
    assert.equal(deadline({ appStartTimeout: 'off', command: ['migrate'] }, startup), 620);
    assert.equal(deadline({ noProbe: true }, startup), undefined);
  });

  test('whose commands run in a job need no time for them', () => {
    const command = ['migrate'];
    const hurricane = { command, commandTimeout: '50m', appStartTimeout: '1m' };
    const startup = { periodSeconds: 1, failureThreshold: 60 };
    const job = { startupCommands: { runIn: 'job' }, probes: { startup } };
    assert.equal(withOptions(hurricane, job).filter(({ kind }) => kind === 'Job').length, 1);
  });

  test('are replaced when an option changes, and only then', () => {
    const checksum = (manifests: readonly Manifest[]): string | undefined => {
      const { template } = specOf<{ template: Manifest }>(manifests, 'Deployment');
      return template.metadata.annotations?.['checksum/config'];
    };
    const before = checksum(withOptions({ logLevel: 'info' }));
    assert.match(before ?? '', /^[0-9a-f]{64}$/);
    assert.equal(checksum(withOptions({ logLevel: 'info' }, { replicaCount: 5 })), before);
    assert.notEqual(checksum(withOptions({ logLevel: 'warn' })), before);
  });

  test('run the app behind hurricane, with the options as its file', async () => {
    const given = {
      port: 9000,
      check: ['readiness=true'],
      maxLifetime: 1_000_000,
      restart: 'always',
    };
    const manifests = withOptions({ ...given, accessLog: false, commandTimeout: false });
    const { command, args } = appContainer(manifests);
    assert.deepEqual(command, ['hurricane']);
    assert.deepEqual(args, ['serve', '--config', '/etc/hurricane/hurricane.yaml', '--', 'app']);
    const file = objectOf(manifests, 'ConfigMap').data?.['hurricane.yaml'] ?? '';
    assert.match(file, /^maxLifetime: 1000000$/m);
    const { problems, config } = await loadServeConfig(
      loadInput({ files: { 'hurricane.yaml': file } }),
    );
    assert.deepEqual(problems, []);
    assert.equal(config?.proxy.accessLog, 'off');
    const written = parse(file) as Record<string, unknown>;
    const expected = { ...given, accessLog: 'off', commandTimeout: 'off' };
    assert.deepEqual({ ...written, ...expected }, written);
  });

  test('have in their file whatever the manifests follow from, so that no variable of the image contradicts them', () => {
    const file = objectOf(withOptions({ noMetrics: true, gracePeriod: 0 }), 'ConfigMap').data;
    assert.deepEqual(parse(file?.['hurricane.yaml'] ?? ''), {
      ...{ port: 8000, probePort: 8001, noProbe: false, noMetrics: true, metrics: '/metrics' },
      ...{ startupProbe: '/startup', readinessProbe: '/ready', livenessProbe: '/alive' },
      ...{ gracePeriod: 0, host: '::', probeHost: '::' },
    });
    const onOnePort = withOptions({ host: '0.0.0.0', port: 9000, probePort: 9000 });
    const { data } = objectOf(onOnePort, 'ConfigMap');
    assert.match(data?.['hurricane.yaml'] ?? '', /^probeHost: 0\.0\.0\.0$/m);
    const worker = objectOf(withOptions({}, { kind: 'worker' }), 'ConfigMap').data;
    const { probeHost, host } = parse(worker?.['hurricane.yaml'] ?? '') as Record<string, unknown>;
    assert.deepEqual([probeHost, host], ['::', undefined]);
  });

  test('of a consumer have no app', () => {
    const manifests = render({ files: [join(chartFolder, 'ci/consume-values.yaml')] });
    const { args } = appContainer(manifests);
    assert.deepEqual(args, ['consume', '--config', '/etc/hurricane/hurricane.yaml']);
    const services = manifests.filter(({ kind }) => kind === 'Service');
    assert.deepEqual(
      services.map(({ metadata }) => metadata.name),
      ['shop-hurricane-probes'],
    );
  });

  test('find every secret in a variable that hurricane reads for that option', () => {
    const fromSecrets = rows.filter(({ secret, orFile }) => secret ?? orFile);
    const secrets = Object.fromEntries(
      fromSecrets.map(({ key }) => [key, { secretName: 'broker', key: `of-${key.toLowerCase()}` }]),
    );
    const manifests = withOptions({ deliver: '/messages', queue: 'q' }, { secrets });
    const { env = [], volumeMounts } = appContainer(manifests);
    assert.equal(env.length, fromSecrets.length);
    for (const row of fromSecrets) {
      const variable = env.find(({ name }) => variablesOf(row.name, row).includes(name));
      assert.ok(variable, row.name);
      assert.match(variable.name, /^HURRICANE_/);
      if (row.key === 'webhookSecretFile') continue;
      const reference = { name: 'broker', key: `of-${row.key.toLowerCase()}` };
      assert.deepEqual(variable.valueFrom?.secretKeyRef, reference);
    }
    const file = env.find(({ name }) => name === 'HURRICANE_WEBHOOK_SECRET_FILE')?.value ?? '';
    const mount = volumeMounts?.find(({ name }) => name === 'webhook-secret');
    assert.equal(file, `${mount?.mountPath ?? ''}/webhook`);
    assert.deepEqual(
      appPod(manifests).volumes?.find(({ name }) => name === 'webhook-secret')?.['secret'],
      { secretName: 'broker', items: [{ key: 'of-webhooksecretfile', path: 'webhook' }] },
    );
  });

  test('get hurricane from the carrier where the image has none', () => {
    const {
      volumes,
      initContainers = [],
      ...pod
    } = appPod(withOptions({}, { inject: 'initContainer', initContainers: [{ name: 'later' }] }));
    const [carrier, later] = initContainers;
    assert.equal(later?.name, 'later');
    assert.deepEqual(carrier?.command, ['/opt/hurricane/hurricane', 'install', '/shared']);
    assert.match(carrier.image, /^hurricane:\d+\.\d+\.\d+$/);
    assert.deepEqual(carrier.volumeMounts, [{ name: 'hurricane', mountPath: '/shared' }]);
    assert.deepEqual(
      volumes?.find(({ name }) => name === 'hurricane'),
      { name: 'hurricane', emptyDir: {} },
    );
    const [app] = pod.containers;
    assert.deepEqual(app?.command, ['/opt/hurricane/hurricane']);
    const mounts = app.volumeMounts?.filter(({ name }) => name === 'hurricane');
    assert.deepEqual(mounts, [{ name: 'hurricane', mountPath: '/opt/hurricane', readOnly: true }]);
  });

  test('without probes are asked nothing', () => {
    const manifests = withOptions({ noProbe: true });
    const container = appContainer(manifests);
    assert.deepEqual(container.ports, [{ name: 'http', containerPort: 8000 }]);
    assert.deepEqual(
      Object.keys(container).filter((key) => key.endsWith('Probe')),
      [],
    );
    const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
    assert.deepEqual(names, [
      ...['ConfigMap shop-hurricane', 'Deployment shop-hurricane'],
      ...['PodDisruptionBudget shop-hurricane', 'Service shop-hurricane'],
      'ServiceAccount shop-hurricane',
    ]);
  });

  test('with probes on the port of the app declare that port once', () => {
    const { ports, readinessProbe } = appContainer(withOptions({ port: 9000, probePort: 9000 }));
    assert.deepEqual(ports, [{ name: 'http', containerPort: 9000 }]);
    assert.equal((readinessProbe as { httpGet: { port: string } }).httpGet.port, 'http');
  });

  test('have variables, volumes and containers of the user, their templates filled in', () => {
    const manifests = render({ files: [join(chartFolder, 'ci/everything-values.yaml')] });
    const { env, envFrom, volumeMounts } = appContainer(manifests);
    assert.ok(
      env?.some(({ name, value }) => name === 'DATABASE_HOST' && value === 'shop-database'),
    );
    assert.deepEqual(envFrom, [{ secretRef: { name: 'shop' } }]);
    assert.ok(volumeMounts?.some(({ mountPath }) => mountPath === '/srv/media'));
    assert.ok(appPod(manifests).containers.some(({ name }) => name === 'exporter'));
    assert.ok(objectOf(manifests, 'ConfigMap', 'shop-extra'));
  });
});
