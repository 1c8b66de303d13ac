// hurricane as PID 1 while many short-lived programs end: its own, those of user modules, and orphans.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane } from '../helpers/hurricane.ts';
import { countOrphans, makeOrphans, useForking } from '../helpers/orphans.ts';
import { initOf, usePidNamespace } from '../helpers/pid-namespace.ts';
import { scrape } from '../helpers/prometheus-page.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const ORPHANS = 200;
/** Of our own, and as many of a user module. */
const CHILDREN = process.env['SOAK_RUNS'] === undefined ? 100 : 1000;
const PER_CALL = 20;

/** Starts programs that end with all kinds of codes: fails when it is told another one, hangs without one. */
const spawningCheck = `
import { spawn } from 'node:child_process';
import { once } from 'node:events';
export default async () => {
  const told = Array.from({ length: ${PER_CALL} }, async (_, code) => {
    const [exit] = await once(spawn('sh', ['-c', 'exit ' + code]), 'exit');
    return exit === code ? [] : [{ level: 'error', msg: 'told ' + exit + ', not ' + code }];
  });
  return (await Promise.all(told)).flat();
};
`;

forEachArtefact(
  'as PID 1 leaves no zombie of 200 orphans, and no exit code is lost meanwhile',
  async (t, artefact) => {
    const launcher = usePidNamespace(t);
    if (launcher === undefined) return;
    const forking = useForking(t);
    const own = Array.from({ length: CHILDREN }, () => 'true');
    const commands = own.with(CHILDREN / 2, forking.command(ORPHANS).join(' '));
    const hurricane = await startHurricane(
      t,
      [...commands.flatMap((text) => ['--command', text]), ...moduleCheck(t), '--', ...forking.app],
      { artefact, launcher },
    );
    const init = await initOf(t, hurricane.pid);
    // A status that is lost is waited for without an end.
    await hurricane.up(300_000);

    let storms = 1;
    let runs: number;
    do {
      await makeOrphans(hurricane.url, ORPHANS);
      storms += 1;
      await eventually(() => assert.equal(countOrphans(init).living, 0));
      await eventually(() => assert.equal(countOrphans(init).zombies, 0), { within: 1000 });
      runs = (await scrape(hurricane)).sum('hurricane_check_runs_total');
    } while (runs * PER_CALL < CHILDREN);

    assert.deepEqual(
      hurricane.logs.filter(({ msg }) => msg.startsWith('check fails')),
      [],
    );
    const page = await scrape(hurricane);
    assert.equal(page.sum('hurricane_check_runs_total', { result: 'fail' }), 0);
    assert.equal(page.sum('hurricane_reaper_info', { mode: 'ffi' }), 1);
    assert.ok(page.sum('hurricane_orphans_reaped_total') >= storms * ORPHANS);
    process.kill(init, 'SIGTERM');
    assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
    assert.equal(hurricane.stderr, '');
  },
);

function moduleCheck(t: TestContext): readonly string[] {
  const module = join(useTempDir(t), 'spawns.mjs');
  writeFileSync(module, spawningCheck);
  // Its thread yields to all others: on a busy machine a run takes long.
  const limits = ['--check-interval', '100ms', '--check-timeout', '10m', '--check-max-age', '20m'];
  return ['--check', `readiness:module=${module}`, ...limits];
}
