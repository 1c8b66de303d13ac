// The central promise: SIGTERM under load loses no request. `npm run soak` runs it a hundred times.

import assert from 'node:assert/strict';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { stopUnderLoad, type Verdict } from '../helpers/orderly-stop.ts';

/** In all runs together; the kernel may complete a handshake that nobody accepts any more. */
const NEVER_ACCEPTED_PER_RUN = 0.05;
const runs = Number(process.env['SOAK_RUNS'] ?? 5);
/** The load is light; a run mostly waits. */
const AT_A_TIME = 3;

forEachArtefact('loses no request when it is stopped under load', async (t, artefact) => {
  const verdicts: Verdict[] = [];
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun++ < runs) {
      const verdict = await stopUnderLoad(t, artefact);
      verdicts.push(verdict);
      const lost = verdict.lost.map((shot) => ` ${JSON.stringify(shot)}`);
      console.log(
        `[${artefact}] ${verdicts.length} of ${runs}: ${lost.length} lost${lost.join('')}, ` +
          `${verdict.neverAccepted} never accepted`,
      );
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  const neverAccepted = verdicts.reduce((sum, verdict) => sum + verdict.neverAccepted, 0);
  t.diagnostic(`${verdicts.length} runs, ${neverAccepted} connections that nobody had accepted`);
  for (const verdict of verdicts) assertNothingLost(verdict);
  assert.ok(neverAccepted <= Math.max(1, runs * NEVER_ACCEPTED_PER_RUN), `${neverAccepted}`);
});

function assertNothingLost(verdict: Verdict): void {
  assert.deepEqual(verdict.lost, []);
  assert.equal(verdict.exitCode, 0);
  assert.ok(verdict.inHandAtSignal >= 50, `${verdict.inHandAtSignal} in hand at the signal`);
  assert.ok(verdict.slowAtSignal > 0, 'no slow request was in hand at the signal');
  assert.equal(verdict.whole.app, verdict.whole.load);
  assert.equal(verdict.whole.hurricane, verdict.whole.load);
  const { accepted, completed, shed, aborted, failed, forced } = verdict.drain;
  assert.deepEqual(
    { shed, aborted, failed, forced },
    { shed: 0, aborted: 0, failed: 0, forced: 0 },
  );
  assert.equal(accepted, completed);
}
