// The section of README.md on Kubernetes, as somebody who is new here follows it: its values and its commands as they stand.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';

import { parseAllDocuments } from 'yaml';

import { commandLines, examples, withoutComment, type Example } from '../helpers/doc-examples.ts';
import { eventually } from '../helpers/eventually.ts';
import { appPod, helmOnPath, helmSkip, objectOf, type Manifest } from '../helpers/helm.ts';
import { usePod } from '../helpers/kubelet/kubelet.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const root = join(import.meta.dirname, '../..');
const own = examples.filter(
  ({ page, mark }) =>
    page === 'README.md' && mark?.kind === 'run-by' && mark.text === 'test/chart/newcomer.test.ts',
);

test(
  'the values of README.md become manifests, and the pod of the example app serves and stops',
  { skip: helmSkip },
  async (t) => {
    const folder = useTempDir(t);
    for (const name of ['chart', 'examples']) symlinkSync(join(root, name), join(folder, name));
    for (const { file, text } of own) {
      if (file !== undefined) writeFileSync(join(folder, file), text);
    }
    const [line, ...others] = own.filter(isCommands).flatMap(({ text }) => commandLines(text));
    assert.ok(line !== undefined && others.length === 0);
    const PATH = [helmOnPath(useTempDir(t)), process.env['PATH']].join(delimiter);
    const output = execFileSync('sh', ['-c', withoutComment(line)], {
      cwd: folder,
      env: { PATH, HOME: folder },
      encoding: 'utf8',
    });
    const manifests = parseAllDocuments(output).map((each) => each.toJS() as Manifest);

    const [container] = appPod(manifests).containers;
    assert.equal(container?.image, 'registry.example.com/hello:1');
    assert.equal(appPod(manifests).terminationGracePeriodSeconds, 65);
    assert.equal(
      objectOf(manifests, 'Service', 'hello-hurricane').metadata.name,
      'hello-hurricane',
    );

    const pod = await usePod(t, {
      artefact: 'binary',
      manifests,
      cwd: join(root, 'examples/python'),
    });
    await eventually(() => assert.ok(pod.ready), { within: 20_000 });
    assert.equal((await pod.hurricane.get('/')).text, 'Hello from Python\n');
    assert.equal((await pod.delete()).code, 0);
  },
);

function isCommands({ language }: Example): boolean {
  return language === 'sh';
}
