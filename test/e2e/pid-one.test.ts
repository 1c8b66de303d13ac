// hurricane as PID 1, the only process of a container that gets orphans and that nobody else reaps for.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { RELAYED_SIGNALS } from '../../src/process/signals.ts';
import { useScript } from '../helpers/apps.ts';
import { forEachArtefact } from '../helpers/artefacts.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane } from '../helpers/hurricane.ts';
import { countOrphans, makeOrphans, useForking } from '../helpers/orphans.ts';
import { initOf, usePidNamespace } from '../helpers/pid-namespace.ts';
import { usePort } from '../helpers/port.ts';
import { scrape } from '../helpers/prometheus-page.ts';

const ORPHANS = 50;

test('the orphans of an app stay as zombies below a Node that is PID 1', async (t) => {
  const launcher = usePidNamespace(t);
  if (launcher === undefined) return;
  const port = await usePort();
  const [program = '', ...words] = [...launcher, ...useForking(t).app];
  const node = spawn(program, words, {
    env: { ...process.env, PORT: `${port}` },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(node, 'close');
  const init = await initOf(t, node.pid ?? 0);
  await once(node.stdout, 'data');
  await makeOrphans(`http://127.0.0.1:${port}`, ORPHANS);
  await eventually(() => assert.deepEqual(countOrphans(init), { living: 0, zombies: ORPHANS }));
  process.kill(init, 'SIGKILL');
  await ended;
});

test('without node:ffi hurricane says what is lost, and counts the zombies', async (t) => {
  const launcher = usePidNamespace(t);
  if (launcher === undefined) return;
  const hurricane = await startHurricane(t, ['--', ...useForking(t).app], {
    ...{ artefact: 'js', launcher },
    env: { NODE_OPTIONS: '--no-experimental-ffi' },
  });
  const init = await initOf(t, hurricane.pid);
  await hurricane.up();
  const { level } = await hurricane.sees(/^orphaned processes cannot be reaped .*: run the single/);
  assert.equal(level, 'warn');
  await makeOrphans(hurricane.url, ORPHANS);
  await eventually(async () => {
    const page = await scrape(hurricane);
    assert.equal(page.sum('hurricane_zombie_processes', { parent: 'hurricane' }), ORPHANS);
    assert.equal(page.sum('hurricane_reaper_info', { mode: 'none' }), 1);
    assert.equal(page.sum('hurricane_orphans_reaped_total'), 0);
  });
  assert.equal(countOrphans(init).zombies, ORPHANS);
  process.kill(init, 'SIGTERM');
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
});

forEachArtefact('adopts and reaps orphans when it is not PID 1 too', async (t, artefact) => {
  const hurricane = await startHurricane(t, ['--', ...useForking(t).app], { artefact });
  await hurricane.up();
  assert.equal((await scrape(hurricane)).sum('hurricane_reaper_info', { mode: 'ffi' }), 1);
  await makeOrphans(hurricane.url, ORPHANS);
  await eventually(async () => {
    const page = await scrape(hurricane);
    assert.equal(page.sum('hurricane_orphans_reaped_total'), ORPHANS);
    assert.equal(page.sum('hurricane_zombie_processes'), 0);
  });
  assert.equal(hurricane.stderr, '');
});

forEachArtefact('as PID 1 relays every signal, every time', async (t, artefact) => {
  const launcher = usePidNamespace(t);
  if (launcher === undefined) return;
  const app = [...useScript('counts-signals.mjs'), ...RELAYED_SIGNALS];
  const args = ['--forward-hup', '--', ...app];
  const hurricane = await startHurricane(t, args, { artefact, launcher });
  const init = await initOf(t, hurricane.pid);
  await hurricane.up();
  for (let count = 1; count <= 5; count += 1) {
    for (const signal of RELAYED_SIGNALS) {
      process.kill(init, signal);
      await eventually(() => assert.ok(hurricane.output.includes(`${signal} ${count}`), signal));
    }
  }
  assert.equal(hurricane.output.length, 5 * RELAYED_SIGNALS.length);
  process.kill(init, 'SIGTERM');
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
});
