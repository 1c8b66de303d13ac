// One app instead of another: the good one takes over without a gap, a bad one never does.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

import { useCheck } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { serveChangingApp, SteadyClients, type Mood } from '../helpers/changing-app.ts';
import { assertGone } from '../helpers/gone.ts';
import { scrape } from '../helpers/prometheus-page.ts';
import { useWebhookSink } from '../helpers/webhook-sink.ts';

forEachArtefact(
  'SIGHUP brings a new app, the old one goes, and no client notices',
  async (t, artefact) => {
    const sink = await useWebhookSink(t);
    const args = ['--webhook-url', `replacement@${sink.url}`];
    const app = await serveChangingApp(t, args, { artefact });
    const { hurricane } = app;
    const before = await app.pid();
    const clients = new SteadyClients(t, hurricane);
    const long = hurricane.get('/?ms=3500', { within: 40_000 });
    hurricane.signal('SIGHUP');
    const told = await hurricane.sees('app.replaced');
    const after = await app.pid();
    assert.notEqual(after, before);
    assert.partialDeepStrictEqual(told, { cause: 'sighup', pid: after });
    // What the old one had in hand it finishes.
    assert.equal((await long).text, `${before}\n`);
    await assertGone(before);
    const { answered, lost } = await clients.stop();
    assert.deepEqual(lost, []);
    assert.ok(answered > 20, `${answered}`);

    const page = await scrape(hurricane);
    const counted = { cause: 'sighup', result: 'succeeded' };
    assert.equal(page.sum('hurricane_app_replacements_total', counted), 1);
    const { payload } = await sink.receives(({ type }) => type === 'replacement');
    assert.equal(payload['status'], 'succeeded');
  },
);

const bad: readonly (readonly [mood: Mood, reason: RegExp])[] = [
  ['never-listens', /did not come up on .* within 5s/],
  ['exits-after-1s', /^the app exited with code 3$/],
  ['listens-then-exits-after-1s', /^the app exited with code 3$/],
  ['sick', /^startup checks had not passed .*health/],
];

forEachArtefact(
  'a new app that never listens, exits soon or fails its check never replaces a good one: all is told',
  async (t, artefact) => {
    await Promise.all(bad.map(([mood, reason]) => failsToReplace(t, artefact, mood, reason)));
  },
);

async function failsToReplace(
  t: TestContext,
  artefact: Artefact,
  mood: Mood,
  reason: RegExp,
): Promise<void> {
  const sink = await useWebhookSink(t);
  const webhooks = ['--webhook-url', `replacement@${sink.url}`];
  const args = [
    '--app-start-timeout',
    '5s',
    '--check',
    `startup:health=${useCheck('asks-health.mjs')}`,
  ];
  const app = await serveChangingApp(t, [...args, ...webhooks], { artefact });
  const { hurricane } = app;
  const before = await app.pid();
  const clients = new SteadyClients(t, hurricane);
  app.setMood(mood);
  hurricane.signal('SIGHUP');
  const failed = await hurricane.sees('app.replacement-failed');
  assert.partialDeepStrictEqual(failed, { level: 'error', cause: 'sighup', pid: before });
  assert.match(String(failed['reason']), reason);
  assert.equal(await app.pid(), before);
  const { payload } = await sink.receives(({ type }) => type === 'replacement');
  assert.equal(payload['status'], 'failed');
  assert.match(String(payload['reason']), /^the app was not replaced \(sighup\): /);
  const page = await scrape(hurricane);
  const counted = { cause: 'sighup', result: 'failed' };
  assert.equal(page.sum('hurricane_app_replacements_total', counted), 1);
  const next = Number(app.told('app.started')[1]?.['pid']);
  assert.notEqual(next, before);
  await assertGone(next);

  // A good one still can.
  app.setMood('good');
  hurricane.signal('SIGHUP');
  await hurricane.sees('app.replaced');
  await assertGone(before);
  assert.notEqual(await app.pid(), before);
  const { answered, lost } = await clients.stop();
  assert.deepEqual(lost, []);
  assert.ok(answered > 20, `${answered}`);
}

forEachArtefact(
  'with one port or socket the old app goes first, and requests wait for the new one',
  async (t, artefact) => {
    const socket = ['--app-socket', '{folder}/app.sock'];
    await Promise.all([
      replacesInPlace(t, artefact, ['--replace', 'stop-first']),
      replacesInPlace(t, artefact, socket),
      takesTheSocketOfTheDead(t, artefact, socket),
    ]);
  },
);

async function replacesInPlace(
  t: TestContext,
  artefact: Artefact,
  args: readonly string[],
): Promise<void> {
  const app = await serveChangingApp(t, args, { artefact });
  const { hurricane } = app;
  const before = await app.pid();
  const clients = new SteadyClients(t, hurricane);
  for (const n of [1, 2, 3]) {
    hurricane.signal('SIGHUP');
    await hurricane.seesNth(n, 'app.replaced');
  }
  assert.notEqual(await app.pid(), before);
  const { answered, lost } = await clients.stop();
  assert.deepEqual(lost, []);
  assert.ok(answered > 5, `${answered}`);
  // Never two at a time.
  const lives = hurricane.logs.filter(({ event = '' }) => /^app\.(started|ended)$/.test(event));
  assert.deepEqual(
    lives.map(({ event }) => event),
    ['app.started', ...Array.from({ length: 3 }, () => ['app.ended', 'app.started']).flat()],
  );
}

async function takesTheSocketOfTheDead(
  t: TestContext,
  artefact: Artefact,
  socket: readonly string[],
): Promise<void> {
  const app = await serveChangingApp(t, ['--restart', 'on-failure', ...socket], { artefact });
  const before = await app.pid();
  process.kill(before, 'SIGKILL');
  await app.hurricane.sees('app.restarted');
  assert.notEqual(await app.pid(), before);
}

forEachArtefact('with --forward-hup SIGHUP is the business of the app', async (t, artefact) => {
  const app = await serveChangingApp(t, ['--forward-hup'], { artefact });
  app.hurricane.signal('SIGHUP');
  assert.equal((await app.hurricane.exit).code, 129);
  assert.deepEqual(app.told('app.replacing'), []);
});
