// Checks run on their interval and never because of a probe.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { useCheck, useScript } from '../helpers/apps.ts';
import { forEachArtefact } from '../helpers/artefacts.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane } from '../helpers/hurricane.ts';
import { askProbes } from '../helpers/prober.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const INTERVAL_MS = 200;
const INTERVALS = 10;
const PROBES = 1000;

for (const [circumstance, probes] of [
  ['', 0],
  [` while ${PROBES} probes are asked at once`, PROBES],
] as const) {
  forEachArtefact(
    `runs a check once per interval, ${INTERVALS} times in ${INTERVALS}${circumstance}`,
    async (t, artefact) => {
      const runs = join(useTempDir(t), 'runs');
      const hurricane = await startHurricane(
        t,
        [
          ...['--check', `readiness,liveness=${useCheck('notes-its-runs.mjs')}`],
          ...['--check-interval', `${INTERVAL_MS}ms`, '--', ...useScript('misbehaves.mjs')],
        ],
        { artefact, env: { RUNS: runs } },
      );
      await hurricane.up();
      const from = Date.now();
      const until = from + INTERVALS * INTERVAL_MS;
      const answers =
        probes === 0
          ? []
          : await askProbes(t, hurricane.probePort, { samples: probes, everyMs: 0 });
      assert.ok(answers.every(({ status }) => status === 200));
      const times = await eventually(() => {
        const all = readFileSync(runs, 'utf8').trimEnd().split('\n').map(Number);
        assert.ok((all.at(-1) ?? 0) >= until, `last run at ${all.at(-1)}, waiting for ${until}`);
        return all.filter((time) => time >= from && time < until);
      });
      assert.ok(
        Math.abs(times.length - INTERVALS) <= 1,
        `${times.length} runs: ${times.join(' ')}`,
      );
    },
  );
}
