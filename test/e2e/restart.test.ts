// What becomes of an app that ends by itself: the policies, the pauses between the starts, the verdict.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { serveChangingApp, startChangingApp, type ChangingApp } from '../helpers/changing-app.ts';
import { eventually } from '../helpers/eventually.ts';
import { scrape } from '../helpers/prometheus-page.ts';
import { useWebhookSink } from '../helpers/webhook-sink.ts';

/** The request that ends the app is lost with it; a POST is not sent again. */
async function crash({ ask }: ChangingApp, code: number): Promise<void> {
  assert.equal(await ask(`/exit?code=${code}`, 'POST'), 502);
}

forEachArtefact(
  'the end of the app is ours by default, and with on-failure after code 0; never with always',
  async (t, artefact) => {
    await Promise.all([
      endsWithApp(t, artefact, { policy: [], code: 7 }),
      endsWithApp(t, artefact, { policy: ['--restart', 'on-failure'], code: 0 }),
      startsAgain(t, artefact),
    ]);
  },
);

async function endsWithApp(
  t: TestContext,
  artefact: Artefact,
  { policy, code }: { readonly policy: readonly string[]; readonly code: number },
): Promise<void> {
  const app = await serveChangingApp(t, policy, { artefact });
  await crash(app, code);
  assert.equal((await app.hurricane.exit).code, code);
  assert.deepEqual(app.told('app.restarting'), []);
  assert.equal(app.told('app.started').length, 1);
}

async function startsAgain(t: TestContext, artefact: Artefact): Promise<void> {
  const app = await serveChangingApp(t, ['--restart', 'always'], { artefact });
  const before = await app.pid();
  await crash(app, 0);
  assert.notEqual(await app.pid(), before);
  assert.equal((await app.hurricane.sees('app.restarting'))['cause'], 'exit');
}

forEachArtefact(
  'a killed app is started again, requests wait meanwhile, and all is told',
  async (t, artefact) => {
    const sink = await useWebhookSink(t);
    const args = ['--restart', 'on-failure', '--webhook-url', `restart@${sink.url}`];
    const app = await serveChangingApp(t, args, { artefact });
    const { hurricane } = app;
    const before = await app.pid();
    app.setMood('slow');
    process.kill(before, 'SIGKILL');
    assert.partialDeepStrictEqual(await hurricane.sees('app.restarting'), {
      ...{ level: 'warn', cause: 'signal', reason: 'the app was ended by SIGKILL', attempt: 1 },
    });
    // Readiness changes at most once a second.
    await eventually(async () => {
      const { status, text } = await hurricane.probe('ready');
      assert.equal(`${status} ${text}`, '400 the app is being restarted');
    });
    assert.equal((await hurricane.probe('alive')).status, 200);
    const after = await app.pid();
    assert.notEqual(after, before);
    assert.partialDeepStrictEqual(await hurricane.sees('app.restarted'), { pid: after });
    await eventually(async () => assert.equal((await hurricane.probe('ready')).status, 200));

    const page = await scrape(hurricane);
    assert.equal(page.sum('hurricane_app_restarts_total', { cause: 'signal' }), 1);
    assert.equal(page.sum('hurricane_app_state', { state: 'up' }), 1);
    const { payload } = await sink.receives(({ type }) => type === 'restart');
    assert.equal(payload['status'], 'succeeded');
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
  },
);

forEachArtefact(
  'the pauses double until six starts in vain are a crash loop, and begin anew after a second up',
  async (t, artefact) => {
    await Promise.all([crashLoops(t, artefact), recovers(t, artefact)]);
  },
);

async function crashLoops(t: TestContext, artefact: Artefact): Promise<void> {
  const options = { artefact, mood: 'exits-at-once' } as const;
  const { hurricane, told } = await startChangingApp(t, ['--restart', 'always'], options);
  assert.equal((await hurricane.exit).code, 3);
  assert.equal(told('app.started').length, 6);
  const delays = told('app.restarting').map((line) => Number(line['delay_ms']));
  assert.equal(delays.length, 5);
  for (const [n, delay] of delays.entries()) {
    const expected = 100 * 2 ** n;
    assert.ok(delay >= expected * 0.8 && delay <= expected * 1.2, delays.join());
  }
  const [looping] = told('app.crash-looping');
  assert.partialDeepStrictEqual(looping, { starts: 6, reason: 'the app exited with code 3' });
  const last = hurricane.logs.at(-1);
  assert.match(String(last?.['reason']), /^crash loop: .* the app exited with code 3$/);
}

/** Ends in a pause long enough to be met (0.8 s), by a stop in order. */
async function recovers(t: TestContext, artefact: Artefact): Promise<void> {
  const app = await serveChangingApp(t, ['--restart', 'on-failure'], { artefact });
  const { hurricane } = app;
  // The second request waits for the next process and ends it as soon as it is up.
  await crash(app, 3);
  await hurricane.sees('app.restarting');
  await crash(app, 3);
  assert.equal((await hurricane.seesNth(2, 'app.restarting'))['attempt'], 2);
  assert.equal(await app.ask('/?ms=1200'), 200);
  app.setMood('exits-at-once');
  await crash(app, 3);
  assert.equal((await hurricane.seesNth(3, 'app.restarting'))['attempt'], 1);
  await hurricane.seesNth(6, 'app.restarting');
  hurricane.signal('SIGTERM');
  assert.equal((await hurricane.exit).code, 0);
}
