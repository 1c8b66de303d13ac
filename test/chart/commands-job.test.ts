// The startup commands in a job: as rendered, run by the artefact.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';

import { parse } from 'yaml';

import { useFakeCluster } from '../helpers/fake-cluster.ts';
import {
  appContainer,
  chartFolder,
  helmIn,
  helmSkip,
  leastValues,
  objectOf,
  podsOf,
  render,
  specOf,
  type Container,
  type Manifest,
  type PodSpec,
} from '../helpers/helm.ts';
import { runHurricane, type Result } from '../helpers/hurricane.ts';
import { materialise } from '../helpers/kubelet/container.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { useWebhookSink } from '../helpers/webhook-sink.ts';

const withCommands = (hurricane: object, runIn = 'job', more: object = {}): readonly Manifest[] =>
  render({ values: { ...leastValues, startupCommands: { runIn }, hurricane, ...more } });

function jobPod(manifests: readonly Manifest[]): PodSpec {
  const job = podsOf(manifests).find(({ owner }) => owner === 'Job shop-hurricane-commands');
  return job?.spec ?? assert.fail('there is no job');
}

function commandsOf(manifests: readonly Manifest[]): Container {
  const { containers } = jobPod(manifests);
  assert.equal(containers.length, 1);
  return containers[0] ?? assert.fail();
}

interface Around {
  /** What the image has in its working directory. */
  readonly cwd?: string;
  /** What the image has as variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

function runJob(
  t: TestContext,
  manifests: readonly Manifest[],
  { cwd, env, flags = [] }: Around = {},
): Promise<Result> {
  const folder = useTempDir(t);
  const container = materialise(folder, manifests, {}, 'Job');
  return runHurricane(t, [...container.words, ...flags], {
    artefact: 'binary',
    cwd: cwd ?? folder,
    env: { PATH: process.env['PATH'] ?? '', ...env, ...container.env },
  });
}

suite('startup commands in a job', { skip: helmSkip }, () => {
  test('run one after the other, with the same words as in a pod, and end in order [binary]', async (t) => {
    const file = join(useTempDir(t), 'trace');
    const trace = (text: string): string => `sh -c 'printf "%s\\n" "$0" >> ${file}' '${text}'`;
    // The kubelet would fill in the last one in arguments.
    const words = ['the first', 'costs $$5', '$(STAGE)'];
    const extraEnv = [{ name: 'STAGE', value: 'test' }];
    const manifests = withCommands({ command: words.map(trace) }, 'job', { extraEnv });
    const { code, stdout } = await runJob(t, manifests);
    assert.equal(code, 0, stdout);
    assert.equal(readFileSync(file, 'utf8'), words.map((text) => `${text}\n`).join(''));
    assert.match(stdout, /"event":"hurricane\.ended".*"exit_code":0,"orderly":true/);
    assert.doesNotMatch(stdout, /"level":"(warn|error|fatal)"/);
  });

  test('are all that it does: neither file nor variables of the image act in it [binary]', async (t) => {
    const cwd = useTempDir(t);
    const sink = await useWebhookSink(t);
    const waitFor = ['tcp://nowhere.invalid:1'];
    const ofImage = {
      waitFor,
      restart: 'always',
      checkMigrations: 'false',
      check: ['startup=false'],
    };
    writeFileSync(join(cwd, 'hurricane.yaml'), JSON.stringify({ ...ofImage, command: ['false'] }));
    const env = {
      HURRICANE_RESTART: 'always',
      HURRICANE_WEBHOOK_URL: sink.url,
      HURRICANE_CHECK_MIGRATIONS: 'false',
      HURRICANE_CHECK: 'startup=false',
      HURRICANE_COMMAND: 'false',
    };
    const options = { command: ['true'], checkMigrations: 'false', check: ['startup:a=false'] };
    const { code, stdout } = await runJob(t, withCommands(options), { cwd, env });
    assert.equal(code, 0, stdout);
    assert.doesNotMatch(stdout, /"command":"false"/);
    assert.deepEqual(sink.deliveries, []);
  });

  test('stop the release when one fails, with its output and its exit code in the log [binary]', async (t) => {
    const manifests = withCommands({ command: [`sh -c 'echo no such table; exit 3'`] });
    const { code, stdout } = await runJob(t, manifests);
    assert.equal(code, 75);
    assert.match(stdout, /no such table/);
    assert.match(stdout, /exited with code 3/);
    const { backoffLimit, template } = specOf<{
      backoffLimit: number;
      template: { spec: { restartPolicy: string } };
    }>(manifests, 'Job');
    assert.deepEqual([backoffLimit, template.spec.restartPolicy], [0, 'Never']);
    assert.equal(
      objectOf(manifests, 'Job').metadata.annotations?.['helm.sh/hook'],
      'pre-install,pre-upgrade',
    );
  });

  test('wait and end as the options say [binary]', async (t) => {
    const waitFor = ['tcp://database:5432', 'http://search:9200/'];
    const command = ['python manage.py migrate --database "the main"'];
    const times = { waitTimeout: '90s', commandTimeout: '2h', gracePeriod: '70s' };
    const manifests = withCommands({ waitFor, command, ...times });
    const flags = ['--print-config', '--log-format=json'];
    const { stdout, code } = await runJob(t, manifests, { flags });
    assert.equal(code, 0, stdout);
    for (const text of [...waitFor, '90s', '2h', '70s']) assert.ok(stdout.includes(text), text);
    assert.ok(stdout.includes(JSON.stringify(command[0])), stdout);
    assert.equal(jobPod(manifests).terminationGracePeriodSeconds, 75);
    // What would cut a migration that takes its time.
    assert.ok(!('activeDeadlineSeconds' in specOf<object>(manifests, 'Job')));
  });

  test('are not cut by the next try: it is refused while they run', async (t) => {
    const values = join(useTempDir(t), 'values.yaml');
    const options = { startupCommands: { runIn: 'job' }, hurricane: { command: ['migrate'] } };
    writeFileSync(values, JSON.stringify({ ...leastValues, ...options }));
    const install = async (status: object): Promise<string> => {
      const kubeconfig = await useFakeCluster(t, 'shop-hurricane-commands', status);
      return helmIn(kubeconfig, ['install', 'shop', chartFolder, '--values', values]);
    };
    const sentence = /an earlier try still run in the job shop-hurricane-commands: let it end/;
    assert.match(await install({ active: 1, ready: 1 }), sentence);
    // A pod without its image, say, must not be in the way of the one that has it.
    for (const status of [{ active: 1, ready: 0 }, { failed: 1 }]) {
      const said = await install(status);
      assert.match(said, /from release manifest/);
      assert.doesNotMatch(said, sentence);
    }
  });

  test('are not run again by the pod, and only there without a job', () => {
    const inFile = (manifests: readonly Manifest[]): unknown => {
      const file = objectOf(manifests, 'ConfigMap').data?.['hurricane.yaml'] ?? '';
      return (parse(file) as { command?: unknown }).command;
    };
    const options = { command: ['migrate'], logLevel: 'warn' };
    // Empty, lest a variable of the image brings some.
    assert.deepEqual(inFile(withCommands(options)), []);
    const inPod = withCommands(options, 'pod');
    assert.deepEqual(inFile(inPod), ['migrate']);
    assert.equal(
      inPod.some(({ kind }) => kind === 'Job'),
      false,
    );
  });

  test('have the variables and volumes of the app, but nothing that the release makes later', () => {
    const mounts = [{ name: 'media', mountPath: '/srv/media' }];
    const values = {
      ...leastValues,
      startupCommands: { runIn: 'job' },
      hurricane: { command: ['migrate'] },
      secrets: { webhookUrl: { secretName: 'hooks', key: 'url' } },
      extraEnv: [{ name: 'DATABASE', value: '{{ .Release.Name }}-database' }],
      extraVolumes: [{ name: 'media', emptyDir: {} }],
      extraVolumeMounts: mounts,
    };
    const manifests = render({ values });
    const container = commandsOf(manifests);
    assert.deepEqual(container.env, [{ name: 'DATABASE', value: 'shop-database' }]);
    assert.deepEqual(container.volumeMounts?.slice(2), mounts);
    const pod = jobPod(manifests);
    assert.equal(pod['serviceAccountName'], undefined);
    assert.doesNotMatch(JSON.stringify(pod), /configMap/);
    assert.deepEqual(appContainer(manifests).image, container.image);
  });

  test('have the place of the app, its sidecars, labels and annotations, but for what hooks are to have', () => {
    const proxy = {
      name: 'proxy',
      image: 'proxy:{{ .Chart.AppVersion }}',
      restartPolicy: 'Always',
    };
    const nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
    };
    const manifests = withCommands({ command: ['migrate'] }, 'job', {
      initContainers: [{ name: 'fetch', image: 'fetch:1' }, proxy],
      affinity: { nodeAffinity, podAntiAffinity: {} },
      priorityClassName: 'web',
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'dedicated' }],
      podAnnotations: { 'example.com/log': 'json', 'linkerd.io/inject': 'enabled' },
      podLabels: { tier: 'web', 'sidecar.istio.io/inject': 'true' },
      hookMetadata: {
        labels: { 'sidecar.istio.io/inject': 'false', 'app.kubernetes.io/component': 'app' },
        annotations: { 'linkerd.io/inject': 'disabled' },
      },
    });
    const pod = jobPod(manifests);
    assert.deepEqual(
      pod.initContainers?.map(({ name, image }) => [name, image]),
      [['proxy', 'proxy:0.1.0']],
    );
    assert.deepEqual(pod['affinity'], { nodeAffinity });
    assert.equal(pod['priorityClassName'], 'web');
    assert.deepEqual(pod['nodeSelector'], { disk: 'ssd' });
    assert.deepEqual(pod['tolerations'], [{ key: 'dedicated' }]);
    const { labels = {}, annotations = {} } = specOf<{ template: Manifest }>(manifests, 'Job')
      .template.metadata;
    assert.deepEqual([labels['tier'], labels['sidecar.istio.io/inject']], ['web', 'false']);
    assert.equal(labels['app.kubernetes.io/component'], 'commands');
    assert.equal(annotations['example.com/log'], 'json');
    assert.equal(annotations['linkerd.io/inject'], 'disabled');
    const test = objectOf(manifests, 'Pod').metadata;
    assert.equal(test.labels?.['sidecar.istio.io/inject'], 'false');
    assert.equal(test.labels['app.kubernetes.io/component'], 'test');
    assert.equal(test.annotations?.['linkerd.io/inject'], 'disabled');
    assert.equal(test.annotations['helm.sh/hook'], 'test');
  });
});
