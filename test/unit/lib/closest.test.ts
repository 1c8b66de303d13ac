import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { closest } from '../../../src/lib/closest.ts';

suite('closest', () => {
  const words = ['port', 'probe-port', 'probe-host', 'host'];

  test('finds a word with a letter too many, too few, wrong or swapped', () => {
    for (const word of ['portt', 'prt', 'pord', 'prot']) assert.equal(closest(word, words), 'port');
  });

  test('allows more edits in longer words, and takes the one with the fewest', () => {
    assert.equal(closest('prob-prt', words), 'probe-port');
    assert.equal(closest('probehost', words), 'probe-host');
  });

  test('finds nothing when nothing is near', () => {
    assert.equal(closest('static', words), undefined);
    assert.equal(closest('', words), undefined);
  });
});
