// The pod of `helm test`: as rendered, run by the artefact.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { helmSkip, leastValues, objectOf, render, type PodSpec } from '../helpers/helm.ts';
import { runHurricane, startHurricane } from '../helpers/hurricane.ts';

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
    const { containers } = objectOf(manifests, 'Pod').spec as PodSpec;
    const [{ command, args = [] } = assert.fail()] = containers;
    assert.deepEqual(command, ['hurricane']);
    const { name } = objectOf(manifests, 'Service', 'probes').metadata;
    assert.ok(args.includes(`--probe-host=${name}`));
    // The name is one of the cluster's.
    const here = args.map((word) => word.replace(name, '127.0.0.1'));
    const passed = await runHurricane(t, here, { artefact: 'binary' });
    assert.deepEqual([passed.code, passed.stdout], [0, 'ready: 200 ready\n'], passed.stderr);

    await hurricane.end();
    const failed = await runHurricane(t, here, { artefact: 'binary' });
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /no answer from 127\.0\.0\.1/);
  });
});
