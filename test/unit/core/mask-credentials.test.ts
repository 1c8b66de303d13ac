import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { maskCredentials } from '../../../src/core/mask-credentials.ts';

suite('maskCredentials', () => {
  const cases = [
    ['http://me:pw@host/x', 'http://***@host/x'],
    ['a http://t0ken@h b tcp://u:p@h:1', 'a http://***@h b tcp://***@h:1'],
    ['postgres://me:p@ss/w@rd@db/app', 'postgres://***@db/app'],
    ['http://host/x?token=abc&a=b#top', 'http://host/x?token=***&a=***#top'],
    ['readiness=http://h?abc curl -d x=y', 'readiness=http://h?*** curl -d x=y'],
    [`curl 'http://h/?k=v' "a?b=c"`, `curl 'http://h/?k=***' "a?b=c"`],
    ['http://me:p@h/?k=v', 'http://***@h/?k=***'],
    ['file:/tmp/ok?max-age=60s', 'file:/tmp/ok?max-age=60s'],
    ['http://host/x', 'http://host/x'],
    ['me@example.com', 'me@example.com'],
  ] as const;
  for (const [text, shown] of cases) {
    test(`shows ${shown}`, () => assert.equal(maskCredentials(text), shown));
  }
});
