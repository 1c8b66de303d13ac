import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { FamilyType, TextFamily } from '../../../src/custom-metrics/exposition.ts';
import { mergeFamilies, renderFamilies } from '../../../src/custom-metrics/merge.ts';

function family(name: string, type: FamilyType = 'gauge'): TextFamily {
  return { name, type, help: 'Help.', lines: [] };
}

test('the first who has a name keeps it, and the rest of the others stays', () => {
  const { families, faults } = mergeFamilies([
    { source: undefined, families: [family('pushed')] },
    { source: 'app', families: [family('pushed'), family('h', 'histogram')] },
    { source: 'script', families: [family('h_count'), family('mine')] },
    { source: 'good', families: [family('h_other')] },
  ]);
  assert.deepEqual(
    families.map(({ name }) => name),
    ['pushed', 'h', 'mine', 'h_other'],
  );
  assert.deepEqual(
    [...faults],
    [
      ['app', 'Metric ID (pushed) is already registered.'],
      ['script', 'Metric ID (h_count) is already registered.'],
    ],
  );
});

test('nobody has a name of hurricane', () => {
  const { families, faults } = mergeFamilies([
    { source: 'app', families: [family('hurricane_requests_total')] },
  ]);
  assert.deepEqual(families, []);
  assert.match(faults.get('app') ?? '', /are hurricane's own$/);
});

test('each family is a block of whole lines', () => {
  const lines = ['a{x="1"} 1', 'a{x="2"} 2'];
  assert.equal(
    renderFamilies([{ ...family('a'), lines }, family('b')]),
    '# HELP a Help.\n# TYPE a gauge\na{x="1"} 1\na{x="2"} 2\n# HELP b Help.\n# TYPE b gauge\n',
  );
});
