// A second request hidden in the bytes of a first must never reach the app as a request. Judged by the
// bytes that a recording app saw, read by the strictest reader: ambiguous bytes fail too.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { useProxy } from '../helpers/proxy.ts';
import { useClient, useRawApp } from '../helpers/raw-tcp.ts';
import { assertNoSecond, corpus, ok, post } from '../helpers/smuggling.ts';

test('the corpus has at least 60 requests', () => {
  assert.ok(Object.keys(corpus).length >= 60, String(Object.keys(corpus).length));
});

for (const [name, bytes] of Object.entries(corpus)) {
  test(`never a second request: ${name}`, async (t) => {
    const app = await useRawApp(t, () => ok);
    const { port, proxy } = await useProxy(t, { app: app.port });
    await assertNoSecond(t, port, app, bytes);
    assert.equal(proxy.load.active, 0);
  });
}

test('the judge would see a second request: an honest one behind the first is there', async (t) => {
  const app = await useRawApp(t, () => ok);
  const { port } = await useProxy(t, { app: app.port });
  const client = await useClient(t, port);
  await client.send(post(['Content-Length: 0'])).until(/ok[^]*ok/);
  assert.deepEqual(
    app.requests().map(({ target }) => target),
    ['/', '/hidden'],
  );
});
