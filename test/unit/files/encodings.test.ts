import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { encodingsFor } from '../../../src/files/encodings.ts';

suite('the encodings for a client', () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    'gzip, deflate, br': ['br', 'gzip'],
    gzip: ['gzip'],
    'gzip;q=1, br;q=0.5': ['gzip', 'br'],
    'gzip, br;q=0': ['gzip'],
    'identity, gzip;q=0.5': [],
    '*': ['br', 'gzip'],
    deflate: [],
    '': [],
  };
  for (const [accepted, expected] of Object.entries(cases)) {
    test(`${accepted || 'an empty field'} takes ${expected.join(', then ') || 'none'}`, async () => {
      const found = await encodingsFor({ headers: { 'accept-encoding': accepted } });
      assert.deepEqual(
        found.map(({ name }) => name),
        expected,
      );
    });
  }

  test('without the field there are none: a client may not know any', async () => {
    assert.deepEqual(await encodingsFor({ headers: {} }), []);
  });
});
