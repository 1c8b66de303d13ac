import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';

import { judge, signatureOf } from '../../../src/webhooks/post.ts';

test('takes any 2xx as delivered', () => {
  for (const status of [200, 202, 204]) assert.equal(judge(status).kind, 'delivered');
});

test('tries again after 408, 429 and 5xx', () => {
  for (const status of [408, 429, 500, 502, 503, 504]) assert.equal(judge(status).kind, 'retry');
});

test('gives up on what would end in the same way, and says what to check', () => {
  for (const status of [400, 401, 403, 404, 410]) assert.equal(judge(status).kind, 'refused');
  assert.deepEqual(judge(404), {
    kind: 'refused',
    reason: 'HTTP 404: check the path of --webhook-url',
  });
  assert.deepEqual(judge(308, 'https://me:pw@there/x'), {
    kind: 'refused',
    reason:
      'HTTP 308: it redirects to https://***@there/x, give the final address to --webhook-url',
  });
});

function waitAfter(retryAfter: string | undefined): number {
  const attempt = judge(429, undefined, retryAfter);
  return attempt.kind === 'retry' ? attempt.notBeforeMs : NaN;
}

test('waits as long as the receiver asks, in seconds or until a date, but not for ever', () => {
  assert.equal(waitAfter(undefined), 0);
  assert.equal(waitAfter('3'), 3000);
  assert.equal(waitAfter('soon'), 0);
  assert.equal(waitAfter('99999999'), 300_000);
  assert.equal(waitAfter('Thu, 01 Jan 1970 00:00:00 GMT'), 0);
  const inOneMinute = waitAfter(new Date(Date.now() + 60_000).toUTCString());
  assert.ok(inOneMinute > 50_000 && inOneMinute <= 60_000);
});

test('signs the time and the body', () => {
  const mac = createHmac('sha256', 'secret').update('1700000000.{"a":1}').digest('hex');
  assert.equal(signatureOf('{"a":1}', 'secret', 1_700_000_000), `t=1700000000,sha256=${mac}`);
});
