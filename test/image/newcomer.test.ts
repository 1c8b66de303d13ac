// The section of README.md on Kubernetes, as somebody who is new here follows it: its values and its commands as they
// stand, and then the container that the manifests describe.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';

import { parseAllDocuments } from 'yaml';

import type { ContainerEngine } from '../helpers/container-engine.ts';
import { restricted, startContainer, testInContainers } from '../helpers/containers.ts';
import { commandLines, examples, withoutComment } from '../helpers/doc-examples.ts';
import { appContainer, appPod, helmOnPath, type Manifest } from '../helpers/helm.ts';
import { carrier } from '../helpers/images.ts';
import { mountedFiles, podOf } from '../helpers/kubelet/pod-spec.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const root = join(import.meta.dirname, '../..');
const own = examples.filter(
  ({ page, mark }) =>
    page === 'README.md' && mark?.kind === 'run-by' && mark.text === 'test/image/newcomer.test.ts',
);

testInContainers(
  'an image, values and manifests as README.md makes them are a pod that serves and stops',
  async (engine, t) => {
    const manifests = follow(t, engine);
    const { image, args = [] } = appContainer(manifests);
    assert.equal(appPod(manifests).terminationGracePeriodSeconds, 65);

    const folder = useTempDir(t);
    chmodSync(folder, 0o755);
    const [[path, files] = assert.fail()] = mountedFiles(podOf(manifests), manifests, {});
    for (const [name, text] of Object.entries(files)) {
      // Only the ports are others, and come from the environment.
      const others = text.replaceAll(/^(port|probePort): /gm, '#$&');
      writeFileSync(join(folder, name), others);
    }
    const { hurricane, stop } = await startContainer(t, engine, image, {
      flags: [...restricted, '--entrypoint', '["hurricane"]', '--volume', `${folder}:${path}:ro`],
      args,
    });
    await hurricane.up();
    assert.equal((await hurricane.probe('ready')).status, 200);
    assert.equal((await hurricane.get('/')).text, 'Hello from Python\n');
    await stop();
    assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
  },
);

/** Runs the commands of the section in a folder that looks like the repository; the last one prints the manifests. */
function follow(t: TestContext, engine: ContainerEngine): readonly Manifest[] {
  const folder = useTempDir(t);
  for (const name of ['chart', 'examples']) symlinkSync(join(root, name), join(folder, name));
  for (const { file, text } of own) if (file !== undefined) writeFileSync(join(folder, file), text);
  const programs = useTempDir(t);
  helmOnPath(programs);
  const from = `--network host --build-context hurricane=docker-image://${carrier}`;
  const docker = `#!/bin/sh\nshift\nexec ${engine.words.join(' ')} build ${from} "$@"\n`;
  writeFileSync(join(programs, 'docker'), docker, { mode: 0o755 });
  const lines = own
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => commandLines(text));
  assert.equal(lines.length, 2);
  const outputs = lines.map((line) =>
    execFileSync('sh', ['-c', withoutComment(line)], {
      cwd: folder,
      env: { ...process.env, PATH: [programs, process.env['PATH']].join(delimiter) },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  return parseAllDocuments(outputs.at(-1) ?? '').map((document) => document.toJS() as Manifest);
}
