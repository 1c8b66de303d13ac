// A probe answers within 50 ms while the proxy is as busy as it can be and user code hangs.

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { useCheck, useScript } from '../helpers/apps.ts';
import { forEachArtefact } from '../helpers/artefacts.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { askProbes, percentile } from '../helpers/prober.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { hasWrk, measure, underLoad } from '../helpers/wrk.ts';

const LIMIT_MS = 50;
const BUSY_SHARE = 0.9;
const CONNECTIONS = 32;
/** Far more often than a kubelet, yet a small part of the load. */
const PROBES = { samples: 701, everyMs: 10 };
const ROUNDS = 3;

forEachArtefact(
  'answers probes within 50 ms while the proxy is at its maximum and a check module loops for ever',
  async (t, artefact) => {
    if (!hasWrk(t)) return;
    const loop = join(useTempDir(t), 'loop');
    const hurricane = await startHurricane(
      t,
      [
        ...['--check', `readiness:stuck=${useCheck('loops-when-told.mjs')}`, '--access-log', 'off'],
        // One loop after the other: each thread is ended and replaced while the next request comes.
        ...[
          '--check-interval',
          '2s',
          '--check-timeout',
          '2s',
          '--',
          ...useScript('misbehaves.mjs'),
        ],
      ],
      { artefact, env: { LOOP: loop } },
    );
    await hurricane.up();
    const load = { url: `${hurricane.url}/`, connections: CONNECTIONS };
    await measure(t, load, 2); // until it is as fast as it gets
    const rounds: Round[] = [];
    for (let n = 0; n < ROUNDS; n += 1) {
      const before = await measure(t, load, 3);
      writeFileSync(loop, '');
      await seesEdge(hurricane, 2 * n + 2);
      const { report, result: samples } = await underLoad(t, load, () =>
        askProbes(t, hurricane.probePort, PROBES),
      );
      rmSync(loop);
      await seesEdge(hurricane, 2 * n + 3);
      assert.deepEqual([...before.failures, ...report.failures], []);
      assertVerdicts(samples);
      const [median, slow] = [percentile(samples, 0.5), percentile(samples, 0.99)];
      rounds.push({ share: report.perSecond / before.perSecond, median, slow });
    }
    for (const { share, median, slow } of rounds) {
      t.diagnostic(
        `${PROBES.samples} probes: median ${median.toFixed(1)} ms, p99 ${slow.toFixed(1)} ms, ` +
          `at ${(share * 100).toFixed(0)} % of the maximum`,
      );
    }
    // What a machine lost or won in one of the rounds says nothing about the proxy.
    const share = middle(rounds.map((round) => round.share));
    const slow = middle(rounds.map((round) => round.slow));
    assert.ok(share >= BUSY_SHARE, `the proxy ran at ${share} of its maximum only`);
    assert.ok(slow <= LIMIT_MS, `p99 was ${slow} ms`);
  },
);

interface Round {
  /** Of the maximum measured just before. */
  readonly share: number;
  readonly median: number;
  readonly slow: number;
}

function middle(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function assertVerdicts(samples: Parameters<typeof percentile>[0]): void {
  const wanted: Record<string, number> = { '/startup': 200, '/ready': 500, '/alive': 200 };
  assert.deepEqual(
    samples.filter(({ path, status }) => status !== wanted[path]),
    [],
  );
}

/** Resolves when the state of the check has changed so often, the first result included. */
async function seesEdge(hurricane: Hurricane, count: number): Promise<void> {
  await hurricane.sees(
    () => hurricane.logs.filter(({ event }) => event === 'check.changed').length >= count,
  );
}
