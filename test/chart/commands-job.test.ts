// The startup commands in a job: as rendered, run by the artefact.

import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';

import { parse } from 'yaml';

import { artefactCommand } from '../helpers/artefacts.ts';
import {
  appContainer,
  helmSkip,
  leastValues,
  objectOf,
  podsOf,
  render,
  specOf,
  type Container,
  type Manifest,
} from '../helpers/helm.ts';
import { runHurricane, type Result } from '../helpers/hurricane.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const withCommands = (hurricane: object, runIn = 'job'): readonly Manifest[] =>
  render({ values: { ...leastValues, startupCommands: { runIn }, hurricane } });

function commandsOf(manifests: readonly Manifest[]): readonly Container[] {
  const job = podsOf(manifests).find(({ owner }) => owner === 'Job shop-hurricane-commands');
  return job?.spec.initContainers ?? assert.fail('there is no job');
}

/** Runs the container with `hurricane` on its path, in a working directory that has a file of options, as images may. */
function runContainer(
  t: TestContext,
  { command = [], args = [] }: Container,
  more: readonly string[] = [],
): Promise<Result> {
  assert.deepEqual(command, ['hurricane']);
  const folder = useTempDir(t);
  const [program = ''] = artefactCommand(t, 'binary');
  symlinkSync(program, join(folder, 'hurricane'));
  writeFileSync(join(folder, 'hurricane.yaml'), 'waitFor: [tcp://nowhere.invalid:1]');
  // As the kubelet does.
  const words = args.map((word) => word.replaceAll('$$', () => '$'));
  const before = words.slice(0, words.indexOf('--'));
  const app = words.slice(before.length);
  const env = { PATH: [folder, process.env['PATH']].join(delimiter), TMPDIR: folder };
  return runHurricane(t, [...before, ...more, ...app], {
    ...{ artefact: 'binary', cwd: folder, env },
  });
}

suite('startup commands in a job', { skip: helmSkip }, () => {
  test('run one after the other, their words split as in a pod [binary]', async (t) => {
    const file = join(useTempDir(t), 'trace');
    const trace = (text: string): string =>
      `sh -c 'printf "%s\\n" "$0" >> ${file}; kill -0 $$' "${text}"`;
    const containers = commandsOf(withCommands({ command: [trace('the first'), trace('second')] }));
    assert.deepEqual(
      containers.map(({ name }) => name),
      ['command-1', 'command-2'],
    );
    for (const container of containers) {
      const { code, stdout } = await runContainer(t, container);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /"event":"hurricane\.ended".*"orderly":true/);
    }
    assert.equal(readFileSync(file, 'utf8'), 'the first\nsecond\n');
  });

  test('stop the release when one fails, with its output and its exit code in the log [binary]', async (t) => {
    const manifests = withCommands({ command: [`sh -c 'echo no such table; exit 3'`] });
    const [container] = commandsOf(manifests);
    const { code, stdout } = await runContainer(t, container ?? assert.fail());
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
    const given = { waitFor, command, waitTimeout: '90s', commandTimeout: '2h' };
    const [container] = commandsOf(withCommands(given));
    const { stdout, code } = await runContainer(t, container ?? assert.fail(), [
      ...['--print-config', '--log-format=json'],
    ]);
    assert.equal(code, 0, stdout);
    for (const text of [...waitFor, '90s', '2h']) assert.ok(stdout.includes(text), text);
    assert.ok(stdout.includes(JSON.stringify(command[0])), stdout);
  });

  test('are not run again by the pod, and only there without a job', () => {
    const inFile = (manifests: readonly Manifest[]): unknown => {
      const file = objectOf(manifests, 'ConfigMap').data?.['hurricane.yaml'] ?? '';
      return (parse(file) as { command?: unknown }).command;
    };
    const options = { command: ['migrate'], logLevel: 'warn' };
    assert.equal(inFile(withCommands(options)), undefined);
    const inPod = withCommands(options, 'pod');
    assert.deepEqual(inFile(inPod), ['migrate']);
    assert.equal(
      inPod.some(({ kind }) => kind === 'Job'),
      false,
    );
    assert.equal(
      withCommands({}).some(({ kind }) => kind === 'Job'),
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
    const [container] = commandsOf(manifests);
    assert.deepEqual(container?.env, [{ name: 'DATABASE', value: 'shop-database' }]);
    assert.deepEqual(container.volumeMounts?.slice(1), mounts);
    const [job] = podsOf(manifests).filter(({ owner }) => owner.startsWith('Job'));
    assert.equal(job?.spec['serviceAccountName'], undefined);
    assert.doesNotMatch(JSON.stringify(job), /configMap/);
    assert.deepEqual(appContainer(manifests).image, container.image);
  });
});
