import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { askProbe } from '../../src/app/ask-probe.ts';
import { useHttpServer } from '../helpers/http-server.ts';

suite('asking a probe', () => {
  test('passes with status and body when the answer is 200', async (t) => {
    const { port } = await useHttpServer(t, (request, response) =>
      response.end(`at ${request.url ?? ''}`),
    );
    const answer = await askProbe({ host: '127.0.0.1', port }, '/alive');
    assert.deepEqual(answer, { passing: true, text: '200 at /alive' });
  });

  test('does not pass when the answer is 400, and tells its body', async (t) => {
    const { port } = await useHttpServer(t, (_, response) =>
      response.writeHead(400).end('draining\n'),
    );
    const answer = await askProbe({ host: '127.0.0.1', port }, '/ready');
    assert.deepEqual(answer, { passing: false, text: '400 draining' });
  });

  for (const host of ['::', '0.0.0.0']) {
    test(`a listener on ${host} is asked on the loopback`, async (t) => {
      const { port } = await useHttpServer(t, (_, response) => response.end());
      assert.equal((await askProbe({ host, port }, '/')).passing, true);
    });
  }

  test('does not pass when the answer is cut', async (t) => {
    const { port } = await useHttpServer(t, (_, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half', () => response.destroy());
    });
    const { passing } = await askProbe({ host: '127.0.0.1', port }, '/');
    assert.equal(passing, false);
  });

  test('does not wait for a listener that never answers', async (t) => {
    const { port } = await useHttpServer(t, () => undefined);
    const { passing, text } = await askProbe({ host: '127.0.0.1', port }, '/alive');
    assert.equal(passing, false);
    assert.match(text, /nothing within 900 ms/);
  });

  test('says what to look at when nothing listens', async (t) => {
    const { port } = await useHttpServer(t, () => undefined);
    const { passing, text } = await askProbe({ host: '::1', port }, '/alive');
    assert.equal(passing, false);
    assert.match(text, /no answer from \[::1\]:\d+: .*--probe-port/);
  });

  test('does not pass when there are no probes', async () => {
    const { passing, text } = await askProbe(undefined, '/alive');
    assert.equal(passing, false);
    assert.match(text, /no-probe/);
  });
});
