// Why hurricane replaces an app without being told: it leaks, has served enough, or is unwell.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

import { useCheck, useScript } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { serveChangingApp } from '../helpers/changing-app.ts';
import { eventually } from '../helpers/eventually.ts';
import { assertGone } from '../helpers/gone.ts';
import { startHurricane } from '../helpers/hurricane.ts';
import { useMemoryLimit } from '../helpers/memory-limit.ts';
import { OpenLoad } from '../helpers/open-load.ts';

const MIB = 1024 * 1024;
const isLong = process.env['SOAK'] !== undefined;
/** A Node that serves has some 60 of them from the start. */
const LIMIT_MIB = isLong ? 200 : 85;
/** For hurricane and two apps, each of which stays above its limit for some seconds. */
const KERNEL_LIMIT_MIB = 3 * LIMIT_MIB + 150;
const REPLACEMENTS = isLong ? 3 : 1;
const REPLACED_WITHIN_MS = 60_000;

forEachArtefact(
  'M01 an app that leaks is replaced before the kernel kills it, and no request is lost',
  async (t, artefact) => {
    const launcher = useMemoryLimit(t, KERNEL_LIMIT_MIB * MIB);
    const args = ['--max-memory', `${LIMIT_MIB}Mi`, '--', ...useScript('leaks.mjs')];
    const env = { LEAK_MB_PER_S: '5' };
    const hurricane = await startHurricane(t, args, { artefact, launcher, env });
    await hurricane.up();
    const load = new OpenLoad({
      port: hurricane.port,
      ratePerSecond: 50,
      path: (id, n) => `/?id=${id}&ms=${(n % 20) * 50}`,
    });
    load.start();
    for (let n = 1; n <= REPLACEMENTS; n += 1) {
      const { pid: before } = await hurricane.seesNth(n, 'app.started');
      const replaced = await hurricane.seesNth(n, 'app.replaced', REPLACED_WITHIN_MS);
      assert.equal(replaced['cause'], 'memory');
      const { killed, msg } = await hurricane.sees(
        ({ event, pid }) => event === 'app.ended' && pid === before,
      );
      assert.deepEqual([killed, msg], [false, 'app was ended by SIGTERM']);
      const { used_bytes: used } = await hurricane.seesNth(n, /^the app uses more memory than/);
      assert.ok(Number(used) > LIMIT_MIB * MIB && Number(used) < 2 * LIMIT_MIB * MIB, String(used));
    }
    const shots = await load.stop();
    assert.deepEqual(
      shots.filter(({ fate }) => fate !== 'whole'),
      [],
    );
    assert.ok(shots.length > 100, `only ${shots.length} requests`);
    assert.equal((await hurricane.probe('ready')).status, 200);
  },
);

forEachArtefact('M02 without --max-memory it may leak', async (t, artefact) => {
  const env = { LEAK_MB_PER_S: '50' };
  const app = useScript('leaks.mjs');
  const hurricane = await startHurricane(t, ['--', ...app], { artefact, env });
  await hurricane.up();
  await eventually(
    async () => assert.ok(Number((await hurricane.get('/leaked')).text) > LIMIT_MIB * MIB),
    { within: 30_000 },
  );
  hurricane.signal('SIGTERM');
  assert.equal((await hurricane.exit).code, 0);
  const lives = hurricane.logs.filter(({ event = '' }) => event.startsWith('app.'));
  assert.deepEqual(
    lives.map(({ event }) => event),
    ['app.started', 'app.listening', 'app.ended'],
  );
});

forEachArtefact(
  'an app is replaced after --max-lifetime requests, and with --repair when it is unwell',
  async (t, artefact) => {
    await Promise.all([replacesTheOld(t, artefact), replacesTheUnwell(t, artefact)]);
  },
);

async function replacesTheOld(t: TestContext, artefact: Artefact): Promise<void> {
  const args = ['--max-lifetime', '20', '--max-lifetime-action', 'replace'];
  const app = await serveChangingApp(t, args, { artefact });
  const { hurricane } = app;
  const before = await app.pid();
  for (let request = 0; request < 18; request += 1) await hurricane.get('/');
  // Longer than from one look to the next.
  await hurricane.get('/?ms=1500');
  assert.deepEqual(app.told('app.replacing'), []);
  // Its limit is a tenth higher at the most.
  for (let request = 0; request < 3; request += 1) await hurricane.get('/');
  assert.equal((await hurricane.probe('alive')).status, 200);
  assert.equal((await hurricane.sees('app.replaced'))['cause'], 'lifetime');
  await assertGone(before);
  assert.equal((await hurricane.probe('alive')).status, 200);
}

async function replacesTheUnwell(t: TestContext, artefact: Artefact): Promise<void> {
  const check = ['--check', `liveness=${useCheck('asks-health.mjs')}`, '--check-interval', '500ms'];
  const app = await serveChangingApp(t, ['--repair', ...check], { artefact });
  const { hurricane } = app;
  const before = await app.pid();
  // Long enough up for its sickness not to be that of its start.
  assert.equal(await app.ask('/?ms=5500'), 200);
  await app.ask('/sicken');
  assert.equal((await hurricane.sees('app.replaced'))['cause'], 'liveness');
  await assertGone(before);
  await eventually(async () => assert.equal((await hurricane.probe('alive')).status, 200));
}
