// What stands around the pods: services, scaling, disruption, monitors, policies.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import {
  appContainer,
  appPod,
  chartFolder,
  helmSkip,
  leastValues,
  objectOf,
  render,
  specOf,
  template,
  type Manifest,
} from '../helpers/helm.ts';

type Labels = Readonly<Record<string, string>>;

const example = (name: string): readonly Manifest[] =>
  render({ files: [join(chartFolder, `ci/${name}-values.yaml`)] });
const withValues = (values: object): readonly Manifest[] =>
  render({ values: { ...leastValues, ...values } });

function podLabels(manifests: readonly Manifest[], kind: 'Deployment' | 'Job'): Labels {
  const { template } = specOf<{ template: Manifest }>(manifests, kind);
  return template.metadata.labels ?? {};
}

function selects(selector: Labels, labels: Labels | undefined): boolean {
  return Object.entries(selector).every(([key, value]) => labels?.[key] === value);
}

suite('the objects of the chart', { skip: helmSkip }, () => {
  test('select the pods of the app, and neither those of the job nor of the test', () => {
    const manifests = example('everything');
    const selectors: readonly Labels[] = [
      specOf<{ selector: Labels }>(manifests, 'Service', 'shop-hurricane').selector,
      specOf<{ selector: Labels }>(manifests, 'Service', 'probes').selector,
      ...['Deployment', 'PodDisruptionBudget', 'PodMonitor'].map(
        (kind) =>
          specOf<{ selector: { matchLabels: Labels } }>(manifests, kind).selector.matchLabels,
      ),
      specOf<{ podSelector: { matchLabels: Labels } }>(manifests, 'NetworkPolicy').podSelector
        .matchLabels,
    ];
    const [first] = selectors;
    assert.deepEqual(Object.keys(first ?? {}).sort(), [
      ...['app.kubernetes.io/component', 'app.kubernetes.io/instance', 'app.kubernetes.io/name'],
    ]);
    for (const selector of selectors) {
      assert.deepEqual(selector, first);
      assert.equal(selects(selector, podLabels(manifests, 'Deployment')), true);
      assert.equal(selects(selector, podLabels(manifests, 'Job')), false);
      assert.equal(selects(selector, objectOf(manifests, 'Pod').metadata.labels), false);
    }
  });

  test('have each label once, of the pod over those of all, whatever is given twice', () => {
    const manifests = withValues({
      commonLabels: { team: 'shop', tier: 'all' },
      podLabels: { tier: 'web' },
      podMonitor: { enabled: true, labels: { team: 'metrics' } },
    });
    const { tier, team } = podLabels(manifests, 'Deployment');
    assert.deepEqual([tier, team], ['web', 'shop']);
    const labels = objectOf(manifests, 'PodMonitor').metadata.labels ?? {};
    assert.deepEqual([labels['tier'], labels['team']], ['all', 'metrics']);
    assert.equal(objectOf(manifests, 'Deployment').metadata.labels?.['tier'], 'all');
  });

  test('the public Service has the port of the app and not that of the probes', () => {
    const manifests = withValues({ hurricane: { port: 9000 } });
    const { ports } = specOf<{ ports: object }>(manifests, 'Service', 'shop-hurricane');
    assert.deepEqual(ports, [{ name: 'http', port: 80, targetPort: 'http' }]);
    const probes = specOf<{ clusterIP: string; ports: object }>(manifests, 'Service', 'probes');
    assert.equal(probes.clusterIP, 'None');
    assert.deepEqual(probes.ports, [{ name: 'probes', port: 9001, targetPort: 'probes' }]);
  });

  test('the Ingress leads to the Service', () => {
    const { rules } = specOf<{ rules: object }>(example('everything'), 'Ingress');
    const backend = { service: { name: 'shop-hurricane', port: { name: 'http' } } };
    assert.deepEqual(rules, [
      {
        host: 'shop.example.com',
        http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
      },
    ]);
  });

  test('the number of pods is left to an autoscaler', () => {
    const replicas = (values: object): unknown =>
      specOf<{ replicas?: number }>(withValues(values), 'Deployment').replicas;
    assert.equal(replicas({ replicaCount: 3 }), 3);
    assert.equal(replicas({ autoscaling: { enabled: true } }), undefined);
    assert.equal(replicas({ keda: { enabled: true, metricsApi: { enabled: true } } }), undefined);
  });

  test('an autoscaler of Kubernetes has the targets that are not null', () => {
    const autoscaling = { enabled: true, cpu: null, memory: 70 };
    const { metrics, scaleTargetRef } = specOf<{ metrics: object; scaleTargetRef: object }>(
      withValues({ autoscaling }),
      'HorizontalPodAutoscaler',
    );
    const target = { type: 'Utilization', averageUtilization: 70 };
    assert.deepEqual(metrics, [{ type: 'Resource', resource: { name: 'memory', target } }]);
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop-hurricane' };
    assert.deepEqual(scaleTargetRef, deployment);
  });

  test('KEDA asks every pod for its JSON on the probe port, and sums up', () => {
    const keda = { enabled: true, metricsApi: { enabled: true } };
    const values = { ...leastValues, keda, hurricane: { probePort: 9100, metrics: '/m' } };
    const manifests = render({ values, namespace: 'market' });
    const { triggers } = specOf<{ triggers: readonly { metadata: Labels }[] }>(
      manifests,
      'ScaledObject',
    );
    const { url = '', ...rest } = triggers[0]?.metadata ?? {};
    const { name } = objectOf(manifests, 'Service', 'probes').metadata;
    // A full pod is not ready.
    const service = specOf<{ publishNotReadyAddresses: boolean }>(manifests, 'Service', 'probes');
    assert.equal(service.publishNotReadyAddresses, true);
    assert.equal(url, `http://${name}.market.svc:9100/m.json`);
    assert.deepEqual(rest, {
      ...{ valueLocation: 'hurricane_requests_queued', targetValue: '5' },
      ...{ aggregateFromKubeServiceEndpoints: 'true', aggregationType: 'sum' },
    });
    assert.ok(appContainer(manifests).ports?.some(({ containerPort }) => containerPort === 9100));
  });

  test('KEDA asks the broker with the URL that the consumer has', () => {
    const manifests = example('consume');
    const scaled = specOf<{ minReplicaCount: number; triggers: readonly object[] }>(
      manifests,
      'ScaledObject',
    );
    const { secretTargetRef } = specOf<{ secretTargetRef: object }>(
      manifests,
      'TriggerAuthentication',
    );
    assert.equal(scaled.minReplicaCount, 0);
    assert.deepEqual(scaled.triggers, [
      {
        type: 'rabbitmq',
        metadata: { protocol: 'amqp', queueName: 'invoices', mode: 'QueueLength', value: '20' },
        authenticationRef: { name: 'shop-hurricane-broker' },
      },
    ]);
    assert.deepEqual(secretTargetRef, [{ parameter: 'host', name: 'broker', key: 'url' }]);
  });

  test('numbers of any size are whole numbers', () => {
    const many = 1_000_000;
    const manifests = withValues({
      ...{ revisionHistoryLimit: many, replicaCount: many },
      podDisruptionBudget: { maxUnavailable: many },
    });
    const { replicas, revisionHistoryLimit } = specOf<Record<string, unknown>>(
      manifests,
      'Deployment',
    );
    const { maxUnavailable } = specOf<Record<string, unknown>>(manifests, 'PodDisruptionBudget');
    assert.deepEqual([replicas, revisionHistoryLimit, maxUnavailable], [many, many, many]);
    const text = (values: object): string =>
      template({ values: { ...leastValues, ...values } }).stdout;
    const autoscaling = { enabled: true, minReplicas: many, maxReplicas: many, cpu: many };
    const keda = {
      ...{ enabled: true, minReplicas: many, maxReplicas: many, metricsApi: { enabled: true } },
      ...{ pollingInterval: many, cooldownPeriod: many },
    };
    for (const values of [{ replicaCount: many }, { autoscaling }, { keda }]) {
      assert.match(text(values), /: 1000000\n/);
      assert.doesNotMatch(text(values), /e\+06/);
    }
  });

  test('a disruption budget is there only where there may be several pods', () => {
    const hasBudget = (values: object): boolean =>
      withValues(values).some(({ kind }) => kind === 'PodDisruptionBudget');
    assert.equal(hasBudget({}), true);
    assert.equal(hasBudget({ replicaCount: 1 }), false);
    assert.equal(hasBudget({ replicaCount: 1, autoscaling: { enabled: true } }), true);
    assert.equal(hasBudget({ podDisruptionBudget: { enabled: false } }), false);
  });

  for (const hurricane of [{}, { port: 9000, probePort: 9000 }, { probePort: 9100 }]) {
    test(`the monitor names a port of the container: ${JSON.stringify(hurricane)}`, () => {
      const manifests = withValues({ hurricane, podMonitor: { enabled: true } });
      const { podMetricsEndpoints } = specOf<{ podMetricsEndpoints: readonly { port: string }[] }>(
        manifests,
        'PodMonitor',
      );
      const names = appContainer(manifests).ports?.map(({ name }) => name);
      assert.deepEqual(
        podMetricsEndpoints.filter(({ port }) => names?.includes(port)),
        podMetricsEndpoints,
      );
      assert.equal(podMetricsEndpoints.length, 1);
    });
  }

  test('a network policy keeps the probe port for the test and those who are named', () => {
    const manifests = withValues({ networkPolicy: { enabled: true } });
    const { ingress, policyTypes } = specOf<{
      policyTypes: readonly string[];
      ingress: readonly {
        ports: object;
        from?: readonly { podSelector: { matchLabels: Labels } }[];
      }[];
    }>(manifests, 'NetworkPolicy');
    assert.deepEqual(policyTypes, ['Ingress']);
    const [app, probes, ...others] = ingress;
    assert.deepEqual([app, others], [{ ports: [{ port: 'http' }] }, []]);
    assert.deepEqual(probes?.ports, [{ port: 'probes' }]);
    const [from, ...more] = probes.from ?? [];
    assert.deepEqual(more, []);
    assert.ok(
      selects(from?.podSelector.matchLabels ?? {}, objectOf(manifests, 'Pod').metadata.labels),
    );

    const named = specOf<{
      policyTypes: readonly string[];
      ingress: readonly { from: object[] }[];
    }>(example('everything'), 'NetworkPolicy');
    assert.deepEqual(named.policyTypes, ['Ingress', 'Egress']);
    assert.deepEqual(
      named.ingress.map(({ from }) => from.length),
      [1, 2],
    );
  });

  test('a worker lets nobody in but to its probes', () => {
    const manifests = withValues({ kind: 'worker', networkPolicy: { enabled: true } });
    const { ingress } = specOf<{ ingress: readonly { ports: object }[] }>(
      manifests,
      'NetworkPolicy',
    );
    assert.deepEqual(
      ingress.map(({ ports }) => ports),
      [[{ port: 'probes' }]],
    );
  });

  test('pods are spread over zones and nodes where that can be, by the labels of the app', () => {
    const manifests = withValues({});
    const { topologySpreadConstraints } = appPod(manifests) as unknown as {
      topologySpreadConstraints: readonly {
        topologyKey: string;
        whenUnsatisfiable: string;
        labelSelector: { matchLabels: Labels };
      }[];
    };
    const keys = topologySpreadConstraints.map(({ topologyKey }) => topologyKey);
    assert.deepEqual(keys, ['topology.kubernetes.io/zone', 'kubernetes.io/hostname']);
    for (const { whenUnsatisfiable, labelSelector } of topologySpreadConstraints) {
      assert.equal(whenUnsatisfiable, 'ScheduleAnyway');
      assert.ok(selects(labelSelector.matchLabels, podLabels(manifests, 'Deployment')));
    }
    const own = { matchLabels: { tier: 'web' } };
    const given = { maxSkew: 2, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule' };
    const pod = appPod(
      withValues({ topologySpreadConstraints: [{ ...given, labelSelector: own }] }),
    );
    assert.deepEqual(pod['topologySpreadConstraints'], [{ ...given, labelSelector: own }]);
  });

  test('a worker of which there must never be two is ended before the next one', () => {
    const { strategy, replicas } = specOf<{ strategy: object; replicas: number }>(
      example('worker'),
      'Deployment',
    );
    assert.deepEqual([strategy, replicas], [{ type: 'Recreate' }, 1]);
    const rolling = { maxSurge: '25%', maxUnavailable: 0 };
    assert.deepEqual(specOf<{ strategy: object }>(withValues({}), 'Deployment').strategy, {
      type: 'RollingUpdate',
      rollingUpdate: rolling,
    });
  });
});
