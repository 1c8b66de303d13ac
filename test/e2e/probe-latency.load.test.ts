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
const CONNECTIONS = 32;
/** Far more often than a kubelet asks, yet a small part of the load. */
const PROBES_EVERY_MS = 20;
/** The middle of three rounds says more than one, whatever else the machine does. */
const {
  rounds: ROUNDS,
  probes: PROBES,
  busyShare: BUSY_SHARE,
} = process.env['SOAK'] === undefined
  ? { rounds: 1, probes: 350, busyShare: 0.7 }
  : { rounds: 3, probes: 701, busyShare: 0.9 };

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
      writeFileSync(loop, '');
      await seesEdge(hurricane, 2 * n + 2);
      // The loop has its part of the processors, and so the maximum is measured beside it.
      const before = await measure(t, load, 4);
      const { report, result: samples } = await underLoad(t, load, () =>
        askProbes(t, hurricane.probePort, { samples: PROBES, everyMs: PROBES_EVERY_MS }),
      );
      const after = await measure(t, load, 4);
      rmSync(loop);
      await seesEdge(hurricane, 2 * n + 3);
      assert.deepEqual([...before.failures, ...report.failures, ...after.failures], []);
      assertVerdicts(samples);
      const [median, slow] = [percentile(samples, 0.5), percentile(samples, 0.99)];
      const maximum = (before.perSecond + after.perSecond) / 2;
      rounds.push({ share: report.perSecond / maximum, median, slow });
    }
    for (const { share, median, slow } of rounds) {
      t.diagnostic(
        `${PROBES} probes: median ${median.toFixed(1)} ms, p99 ${slow.toFixed(1)} ms, ` +
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
  /** Of the maximum measured just before and after. */
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
