// The pod of `helm test`: as rendered, run by the artefact.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { helmSkip, leastValues, objectOf, render } from '../helpers/helm.ts';
import { runHurricane, startHurricane } from '../helpers/hurricane.ts';
import { materialise } from '../helpers/kubelet/container.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

suite('the test of a release', { skip: helmSkip }, () => {
  test('passes while a pod is ready, by its own path and port, and fails without one [binary]', async (t) => {
    const app = ['--', process.execPath, '-e', 'setInterval(() => {}, 1000)'];
    const flags = ['--readiness-probe', '/is-ready', '--start-after', '0'];
    const hurricane = await startHurricane(t, [...flags, ...app], {
      ...{ artefact: 'binary', command: 'worker' },
    });
    await hurricane.sees('startup.succeeded');
    const options = { readinessProbe: '/is-ready', probePort: hurricane.probePort };
    const manifests = render({ values: { ...leastValues, kind: 'worker', hurricane: options } });
    const { name } = objectOf(manifests, 'Service', 'probes').metadata;
    const folder = useTempDir(t);
    const { words } = materialise(folder, manifests, {}, 'Pod');
    assert.ok(words.includes(`--probe-host=${name}`));
    // The name is one of the cluster's.
    const here = words.map((word) => word.replace(name, '127.0.0.1'));
    // Neither the file nor the variables of the image are asked.
    writeFileSync(join(folder, 'hurricane.yaml'), 'readinessProbe: /other\nnoProbe: true\n');
    const env = { HURRICANE_READINESS_PROBE: '/other', HURRICANE_NO_PROBE: 'true' };
    const image = { artefact: 'binary', cwd: folder, env } as const;
    const passed = await runHurricane(t, here, image);
    assert.deepEqual([passed.code, passed.stdout], [0, 'ready: 200 ready\n'], passed.stderr);
    assert.equal(passed.stderr, '');

    await hurricane.end();
    const failed = await runHurricane(t, here, image);
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /no answer from 127\.0\.0\.1/);
  });
});
