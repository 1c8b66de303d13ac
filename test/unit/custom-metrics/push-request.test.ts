import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readChange, readDefinition } from '../../../src/custom-metrics/push-request.ts';

test('a metric is a gauge unless it is said otherwise', () => {
  assert.deepEqual(readDefinition(undefined), {
    value: { type: 'gauge', help: 'Pushed by the app.', buckets: [] },
  });
  assert.partialDeepStrictEqual(readDefinition({ type: 'histogram', buckets: [1, 2] }), {
    value: { buckets: [1, 2] },
  });
});

test('a definition that cannot be is refused', () => {
  for (const [body, problem] of [
    [[], /no JSON object/],
    ['gauge', /no JSON object/],
    [{ type: 'summary' }, /type must be one of gauge, counter, histogram/],
    [{ help: 1 }, /help must be a text/],
    [{ type: 'histogram', buckets: [2, 1] }, /ascending numbers/],
    [{ type: 'histogram', buckets: [] }, /ascending numbers/],
  ] as const) {
    const read = readDefinition(body);
    assert.match('problem' in read ? read.problem : '', problem);
  }
});

test('a change is by one unless it is said otherwise', () => {
  assert.deepEqual(readChange({ op: 'inc' }), { value: { op: 'inc', value: 1, labels: {} } });
});

test('a change that cannot be is refused', () => {
  for (const [body, problem] of [
    [undefined, /op must be one of set, inc, dec, observe/],
    [{ op: 'set' }, /value must be a number/],
    [{ op: 'observe' }, /value must be a number/],
    [{ op: 'inc', value: '1' }, /value must be a number/],
    [{ op: 'inc', vlaue: 1 }, /there is no field vlaue/],
    [{ op: 'inc', labels: { le: '1' } }, /labels must be/],
    [{ op: 'inc', labels: { __name__: '1' } }, /labels must be/],
    [{ op: 'inc', labels: { a: 1 } }, /labels must be/],
    [{ op: 'inc', labels: [] }, /labels must be/],
    [{ op: 'inc', labels: null }, /labels must be/],
  ] as const) {
    const read = readChange(body);
    assert.match('problem' in read ? read.problem : '', problem, JSON.stringify(body));
  }
});
