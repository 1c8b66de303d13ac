import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { APART_MS, Sightings } from '../../../src/process/sightings.ts';

suite('sightings of zombies', () => {
  test('one that is seen for the first time is left alone, however late', () => {
    const sightings = new Sightings();
    assert.deepEqual(sightings.note([], 0), []);
    assert.deepEqual(sightings.note([7], 10_000), []);
  });

  test('one that was there a while ago and still is may be reaped', () => {
    const sightings = new Sightings();
    sightings.note([7], 0);
    assert.deepEqual(sightings.note([7, 8], APART_MS - 1), []);
    assert.deepEqual(sightings.note([7, 8], APART_MS), [7]);
    assert.deepEqual(sightings.note([8], 2 * APART_MS - 1), [8]);
  });

  test('a number that was gone in between belongs to another process', () => {
    const sightings = new Sightings();
    sightings.note([7], 0);
    sightings.note([], 100);
    assert.deepEqual(sightings.note([7], APART_MS), []);
  });
});
