// Rendered pods under the rules of the kubelet: startup budget, readiness and liveness, only with shorter periods.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from '../helpers/eventually.ts';
import { helmSkip, render } from '../helpers/helm.ts';
import { usePod } from '../helpers/kubelet/kubelet.ts';
import { lastOf, timeOf } from '../helpers/kubelet/pod-events.ts';
import { FAILURES, PERIOD_S, podValues } from '../helpers/kubelet/pod-values.ts';

const artefact = 'binary';

test(
  'a slow start is not ended by the kubelet, and the pod is ready within a period after it',
  { skip: helmSkip },
  async (t) => {
    const extraEnv = [{ name: 'START_DELAY_MS', value: '2500' }];
    const manifests = render({ values: podValues({ extraEnv, hurricane: { drainDelay: '0' } }) });
    const pod = await usePod(t, { artefact, manifests });
    await eventually(() => assert.ok(pod.ready), { within: 10_000 });
    const unhealthy = pod.events.filter(({ what }) => what === 'Unhealthy');
    assert.ok(unhealthy.length >= 2);
    assert.ok(unhealthy.every(({ detail }) => detail.startsWith('startup: ')));
    assert.ok(unhealthy.some(({ detail }) => detail.endsWith(' 400 startup is not finished')));
    const up = Date.parse(String((await pod.hurricane.sees('startup.succeeded'))['time']));
    const ready = Date.now() - (performance.now() - timeOf(pod, 'Ready'));
    assert.ok(ready - up < PERIOD_S * 1000 + 500, `ready ${ready - up} ms after the start`);
    assert.equal(pod.restarts, 0);
  },
);

test(
  'a startup that never passes is restarted, and the termination message says where it hung',
  { skip: helmSkip },
  async (t) => {
    const values = {
      hurricane: { command: ['sleep 600'], gracePeriod: '2s', appStartTimeout: 'off' },
      probes: { startup: { periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 2 } },
    };
    const pod = await usePod(t, { artefact, manifests: render({ values: podValues(values) }) });
    await eventually(() => assert.equal(pod.restarts, 1), { within: 10_000 });
    const [{ code, killed, message } = assert.fail()] = pod.terminations;
    assert.deepEqual([code, killed], [143, false]);
    const { phase, reason, next } = JSON.parse(message) as Record<string, string>;
    assert.equal(phase, 'prepare');
    assert.match(reason ?? '', /, while it waited for the startup command sleep 600$/);
    assert.match(next ?? '', /startup probe .* \(failureThreshold\)/);
    assert.ok(
      pod.events.some(({ what, detail }) => what === 'Killing' && detail.includes('startup')),
    );
  },
);

test(
  'a pod with too many requests is no endpoint until they are fewer, and load never ends it',
  { skip: helmSkip },
  async (t) => {
    const hurricane = { reqQueueLen: 5, drainDelay: '0' };
    const pod = await usePod(t, {
      artefact,
      manifests: render({ values: podValues({ hurricane }) }),
    });
    await eventually(() => assert.ok(pod.ready), { within: 10_000 });
    const tooManyAt = performance.now();
    const requests = Array.from({ length: 8 }, () => pod.hurricane.get('/slow?ms=4500'));
    await eventually(() => assert.ok(!pod.ready), { within: 10_000 });
    const limit = PERIOD_S * FAILURES * 1000 + 1000;
    assert.ok(timeOf(pod, 'NotReady') - tooManyAt < limit);
    assert.match(lastOf(pod, 'Unhealthy').detail, /^readiness: .* Request queue size: 8 limit: 5$/);
    for (const { status } of await Promise.all(requests)) assert.equal(status, 200);
    const fewAt = performance.now();
    await eventually(() => assert.ok(pod.ready), { within: 10_000 });
    assert.ok(timeOf(pod, 'Ready') - fewAt < limit);
    assert.equal(pod.restarts, 0);
    assert.ok(!pod.events.some(({ detail }) => detail.startsWith('liveness')));
  },
);
