// Types of webhooks that are the user's own, and those of ours that are switched off.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { serveExample } from '../helpers/example.ts';
import { runHurricane, startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { tell } from '../helpers/registrar.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { useWebhookSink, type WebhookSink } from '../helpers/webhook-sink.ts';

const typesOf = ({ deliveries }: WebhookSink): unknown[] =>
  deliveries.map(({ payload }) => payload['type']);

async function stop(hurricane: Hurricane): Promise<void> {
  hurricane.signal('SIGTERM');
  await hurricane.exit;
}

forEachArtefact('A27 a type that is there already is refused', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  for (const type of ['startup', 'invoice']) {
    if (type === 'invoice') await tell(hurricane, 'PUT', '/webhooks/invoice');
    assert.deepEqual(await tell(hurricane, 'PUT', `/webhooks/${type}`), {
      status: 409,
      body: { error: `Webhook Code (${type}) is already registered.` },
    });
  }
  assert.equal((await tell(hurricane, 'PUT', '/webhooks/Not%20One')).status, 400);
});

forEachArtefact('A28 to unregister an unknown type does nothing', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  assert.equal((await tell(hurricane, 'DELETE', '/webhooks/nobody')).status, 200);
  const { status, body } = await tell(hurricane, 'POST', '/webhooks/nobody', { status: 'failed' });
  assert.equal(status, 404);
  assert.match(String(body['error']), /PUT \/webhooks\/nobody registers it/);
});

forEachArtefact(
  'A29 a type that is unregistered is not sent, and is again when it is back',
  async (t, artefact) => {
    const sink = await useWebhookSink(t);
    const hurricane = await serveExample(t, ['--webhook-url', sink.url], { artefact });
    await sink.receives(({ type }) => type === 'readiness');
    const drainOnce = async (): Promise<void> => {
      for (const path of ['/drain', '/undrain']) await tell(hurricane, 'POST', path);
    };
    await tell(hurricane, 'DELETE', '/webhooks/readiness');
    assert.equal((await tell(hurricane, 'GET', '/webhooks/readiness')).status, 404);
    await drainOnce();
    await tell(hurricane, 'PUT', '/webhooks/readiness');
    await drainOnce();
    await sink.receives(({ type, previous }) => type === 'readiness' && previous === 'failed');
    const readiness = sink.deliveries.filter(({ payload }) => payload['type'] === 'readiness');
    assert.equal(readiness.length, 3, JSON.stringify(typesOf(sink)));
  },
);

forEachArtefact('B08 a built-in type can be looked up', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  for (const type of ['startup', 'liveness', 'readiness']) {
    assert.deepEqual(await tell(hurricane, 'GET', `/webhooks/${type}`), {
      status: 200,
      body: { type, built_in: true },
    });
  }
  const { status, body } = await tell(hurricane, 'POST', '/webhooks/startup', { status: 'failed' });
  assert.deepEqual(
    [status, body['error']],
    [409, "startup is hurricane's own: only hurricane sends it"],
  );
});

forEachArtefact(
  'types come from the file, from a module and from the app, and go to who asked for them',
  async (t, artefact) => {
    const sink = await useWebhookSink(t);
    const cwd = useTempDir(t);
    writeFileSync(
      join(cwd, 'hurricane.yaml'),
      'webhookType:\n  - deploy\n  - page=page.mjs\n  - liveness=off\n' +
        `webhookUrl: ['deploy,page,liveness,invoice@${sink.url}']\n`,
    );
    writeFileSync(
      join(cwd, 'page.mjs'),
      'export default async ({ type, status, reason }) =>\n' +
        "  type === 'readiness' && status === 'failed' ? { status: 'warning', reason: `page: ${reason}` } : undefined;\n",
    );
    const unknown = await runHurricane(t, ['serve', '--', 'true'], { artefact, cwd });
    assert.equal(unknown.code, 78);
    assert.match(unknown.stderr, /unknown type invoice: .*webhook-type invoice/);

    const options = { artefact, cwd, env: { HURRICANE_VERSION: '7' } };
    const own = ['deploy', 'page=page.mjs', 'liveness=off', 'invoice'];
    const args = own.flatMap((type) => ['--webhook-type', type]);
    const hurricane = await serveExample(t, args, options);
    const sent = await tell(hurricane, 'POST', '/webhooks/deploy', {
      ...{ status: 'failed', reason: 'no disk', traceback: 'at line 3' },
    });
    assert.equal(sent.status, 200);
    const { payload } = await sink.receives(({ type }) => type === 'deploy');
    assert.partialDeepStrictEqual(payload, {
      ...{ info: 'Deploy webhook', type: 'deploy', status: 'failed', traceback: 'at line 3' },
      ...{ reason: 'no disk', previous: null, version: '7', id: sent.body['id'] },
    });
    for (const wrong of [{ status: 'fine' }, { status: 'failed', text: '' }, 'failed']) {
      assert.equal((await tell(hurricane, 'POST', '/webhooks/deploy', wrong)).status, 400);
    }
    await stop(hurricane);
    const page = sink.deliveries.find(({ payload: { type } }) => type === 'page');
    assert.partialDeepStrictEqual(page?.payload, { status: 'warning', traceback: null });
    assert.match(String(page?.payload['reason']), /^page: /);
    assert.deepEqual(typesOf(sink).sort(), ['deploy', 'page']);
  },
);

test('a module that hangs holds up no webhook, one that cannot be loaded ends the start', async (t) => {
  const sink = await useWebhookSink(t);
  const cwd = useTempDir(t);
  writeFileSync(join(cwd, 'hangs.mjs'), 'export default () => { for (;;); };');
  writeFileSync(join(cwd, 'none.mjs'), 'export const no = 1;');
  const args = ['--webhook-timeout', '300ms', '--webhook-url', sink.url];
  const hurricane = await serveExample(t, [...args, '--webhook-type', 'slow=hangs.mjs'], {
    ...{ artefact: 'js', cwd },
  });
  await sink.receives(({ type }) => type === 'startup');
  await hurricane.sees(/^a webhook type failed/);
  await stop(hurricane);
  assert.ok(typesOf(sink).includes('drain'));
  const warned = hurricane.logs.filter(({ msg }) => msg.startsWith('a webhook type failed'));
  assert.equal(warned.length, 1);

  const other = await useWebhookSink(t);
  const patient = ['--webhook-timeout', '60s', '--webhook-url', other.url];
  const stopped = await serveExample(t, [...patient, '--webhook-type', 'slow=hangs.mjs'], {
    ...{ artefact: 'js', cwd },
  });
  await stop(stopped);
  assert.ok(typesOf(other).includes('drain'), 'the module took the time of the others');

  const words = ['serve', '--port', '0', '--webhook-type', 'none=none.mjs', '--', 'sleep', '9'];
  const { code } = await runHurricane(t, words, { artefact: 'js', cwd });
  assert.equal(code, 66);
});

test('without a receiver a webhook of the app is answered with why', async (t) => {
  const args = ['--webhook-type', 'deploy', '--start-after', '0', '--', 'sleep', '60'];
  const worker = await startHurricane(t, args, { artefact: 'js', command: 'worker' });
  await worker.up();
  const { status, body } = await tell(worker, 'POST', '/webhooks/deploy', { status: 'failed' });
  assert.equal(status, 409);
  assert.match(String(body['error']), /there is no receiver: give --webhook-url/);
});
