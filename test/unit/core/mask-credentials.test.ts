import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { maskCredentials } from '../../../src/core/mask-credentials.ts';

suite('maskCredentials', () => {
  const cases = [
    ['http://me:pw@host/x', 'http://***@host/x'],
    ['a http://t0ken@h b tcp://u:p@h:1', 'a http://***@h b tcp://***@h:1'],
    ['postgres://me:p@ss/w@rd@db/app', 'postgres://***@db/app'],
    ['http://host/x', 'http://host/x'],
    ['me@example.com', 'me@example.com'],
  ] as const;
  for (const [text, shown] of cases) {
    test(`shows ${shown}`, () => assert.equal(maskCredentials(text), shown));
  }
});
