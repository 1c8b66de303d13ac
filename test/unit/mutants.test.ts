// The faults of mutants.ts still fit the source; whether tests notice them is for `npm run mutants`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { mutants } from '../mutants.ts';

const root = join(import.meta.dirname, '../..');

test('the line of every mutant is exactly once in its file, and changed by it', () => {
  for (const { fault, file, find, replace } of mutants) {
    const places = readFileSync(join(root, file), 'utf8').split(find).length - 1;
    assert.equal(places, 1, `"${fault}": its line is ${places} times in ${file}`);
    assert.notEqual(find, replace, fault);
  }
});

test('no two mutants have the same fault', () => {
  assert.equal(new Set(mutants.map(({ fault }) => fault)).size, mutants.length);
});
