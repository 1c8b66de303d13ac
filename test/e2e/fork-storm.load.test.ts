// An app that starts programs without end: they are reaped while it runs, and none is left when it stops.

import assert from 'node:assert/strict';

import { useScript } from '../helpers/apps.ts';
import { forEachArtefact } from '../helpers/artefacts.ts';
import { eventually } from '../helpers/eventually.ts';
import { exampleApp } from '../helpers/example.ts';
import { useGate } from '../helpers/gate.ts';
import { startHurricane } from '../helpers/hurricane.ts';
import { scrape } from '../helpers/prometheus-page.ts';

const GRACE_MS = 3000;
/** What a machine busy with the storm adds to the budget. */
const SLACK_MS = 5000;

forEachArtefact(
  'a fork storm is reaped, and gone at the end of the budget',
  async (t, artefact) => {
    const gate = useGate(t);
    const storm = [...useScript('fork-storm.sh'), ...exampleApp];
    const hurricane = await startHurricane(t, ['--grace-period', `${GRACE_MS}ms`, '--', ...storm], {
      artefact,
      env: { GATE: gate.command },
    });
    await hurricane.up();
    await gate.open();
    const reaped = async (): Promise<number> =>
      (await scrape(hurricane)).sum('hurricane_orphans_reaped_total');
    await eventually(async () => assert.ok((await reaped()) > 300), { within: 30_000 });

    const stoppedAt = performance.now();
    hurricane.signal('SIGTERM');
    assert.deepEqual(await hurricane.exit, { code: 137, signal: null });
    const tookMs = performance.now() - stoppedAt;
    // That nothing is left of it is seen by the leak check.
    assert.ok(tookMs < GRACE_MS + SLACK_MS, `took ${tookMs} ms`);
  },
);
