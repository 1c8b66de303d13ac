import assert from 'node:assert/strict';
import { test } from 'node:test';

import { wantsJson } from '../../../src/http/respond.ts';

const accepts: [string | undefined, boolean][] = [
  [undefined, false],
  ['*/*', false],
  ['text/html,application/xhtml+xml,*/*;q=0.8', false],
  ['application/json', true],
  ['Application/JSON; charset=utf-8', true],
  ['application/problem+json', true],
  ['application/json;q=0.5, text/plain', false],
  ['text/plain;q=0.5, application/json', true],
  ['application/json, text/plain, */*', true],
  ['application/json;q=0', false],
];

for (const [accept, expected] of accepts) {
  test(`Accept: ${accept ?? '(none)'} ${expected ? 'gets JSON' : 'gets text'}`, () => {
    assert.equal(wantsJson(accept), expected);
  });
}
