// Rendered pods that have to go, under load: deletion, upgrade, rollback and scale-down, without any preStop hook.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { useScript } from '../helpers/apps.ts';
import { eventually } from '../helpers/eventually.ts';
import { helmSkip, render } from '../helpers/helm.ts';
import { useBalancer } from '../helpers/kubelet/balancer.ts';
import { Deployment } from '../helpers/kubelet/deployment.ts';
import { usePod } from '../helpers/kubelet/kubelet.ts';
import { timeOf } from '../helpers/kubelet/pod-events.ts';
import type { Manifest } from '../helpers/kubelet/pod-spec.ts';
import { podValues } from '../helpers/kubelet/pod-values.ts';
import { OpenLoad, type Shot } from '../helpers/open-load.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const artefact = 'binary';
const CLIENTS = 8;
/** Until every node knows of an endpoint, or that it is gone. */
const ENDPOINTS_MS = 500;

test(
  'a deleted pod answers all that it has in hand, and ends with 0 inside of its grace period',
  { skip: helmSkip },
  async (t) => {
    const hurricane = { drainDelay: '1s', gracePeriod: '12s' };
    const command = useScript('dies-at-once.mjs');
    const env = [{ name: 'LEDGER', value: join(useTempDir(t), 'ledger') }];
    const manifests = render({ values: podValues({ hurricane, command, extraEnv: env }) });
    const pod = await usePod(t, { artefact, manifests });
    assert.equal(pod.graceMs, 17_000);
    await eventually(() => assert.ok(pod.ready), { within: 10_000 });
    const load = startLoad(pod.hurricane.port);
    await eventually(() => assert.ok(load.inHand.length >= CLIENTS));
    const deleted = pod.delete();
    // They come until everybody has heard that it is no endpoint any more.
    await eventually(() => assert.ok(performance.now() - timeOf(pod, 'NotReady') > ENDPOINTS_MS));
    assertAllWhole(await load.stop());
    const { code, killed, tookMs, message } = await deleted;
    assert.deepEqual([code, killed], [0, false]);
    assert.ok(tookMs < 12_000);
    assert.partialDeepStrictEqual(JSON.parse(message), { reason: 'stopped in order' });
  },
);

test(
  'an app that ignores SIGTERM is killed before the kubelet loses its patience, and the log says so',
  { skip: helmSkip },
  async (t) => {
    const extraEnv = [{ name: 'IGNORE_TERM', value: '1' }];
    const hurricane = { drainDelay: '0', gracePeriod: '3s' };
    const pod = await usePod(t, {
      artefact,
      manifests: render({ values: podValues({ extraEnv, hurricane }) }),
    });
    await eventually(() => assert.ok(pod.ready), { within: 10_000 });
    const { code, killed, tookMs, message } = await pod.delete();
    assert.deepEqual([code, killed], [137, false]);
    assert.ok(tookMs < pod.graceMs - 4000, `it took ${tookMs} ms of ${pod.graceMs}`);
    const { reason } = JSON.parse(message) as { reason: string };
    assert.match(reason, /^the app did not end on SIGTERM within .* and was killed$/);
    assert.equal((await pod.hurricane.sees('hurricane.ended'))['reason'], reason);
  },
);

test(
  'upgrade, rollback and scale-down of two pods behind a Service lose no request',
  { skip: helmSkip },
  async (t) => {
    const values = podValues({
      hurricane: { drainDelay: '1500ms', gracePeriod: '12s' },
      command: useScript('dies-at-once.mjs'),
      extraEnv: [{ name: 'LEDGER', value: '/dev/null' }],
    });
    const release = (tag: string): readonly Manifest[] =>
      render({ values: { ...values, image: { repository: 'app', tag } } });
    const deployment = new Deployment(t, {
      artefact,
      replicas: 2,
      balancer: await useBalancer(t, ENDPOINTS_MS),
    });
    await deployment.rollOut(release('1'));
    const load = startLoad(deployment.balancer.port);
    await deployment.rollOut(release('2'));
    await deployment.rollOut(release('1'));
    await deployment.scaleTo(1);
    const shots = await load.stop();
    assertAllWhole(shots);
    assert.ok(shots.length > 300, `only ${shots.length} requests`);
    const terminations = await deployment.terminations();
    assert.deepEqual(
      terminations.map(({ code, killed }) => [code, killed]),
      Array.from({ length: 5 }, () => [0, false]),
    );
  },
);

/** About so many clients at a time, half of them on kept connections, each of 100 ms. */
function startLoad(port: number): OpenLoad {
  const load = new OpenLoad({
    port,
    ratePerSecond: CLIENTS * 10,
    path: (id) => `/?id=${id}&ms=100`,
  });
  load.start();
  return load;
}

function assertAllWhole(shots: readonly Shot[]): void {
  assert.deepEqual(
    shots.filter(({ fate }) => fate !== 'whole'),
    [],
  );
}
