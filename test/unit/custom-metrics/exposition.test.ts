import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import {
  MAX_SERIES,
  readExposition,
  type TextFamily,
} from '../../../src/custom-metrics/exposition.ts';

async function familiesOf(text: string): Promise<readonly TextFamily[]> {
  const read = await readExposition(text);
  assert.ok('families' in read, 'problem' in read ? read.problem : '');
  return read.families;
}

async function problemOf(text: string): Promise<string> {
  const read = await readExposition(text);
  assert.ok('problem' in read, `taken: ${text}`);
  return read.problem;
}

suite('what Prometheus takes', () => {
  test('keeps lines as they are, under their family', async () => {
    const text = [
      '# any comment',
      '# HELP a What it \\ is.\\nAnd more',
      '# TYPE a counter',
      'a{x="1", y="\\"\\\\\\n}",} 1e3 1395066363000',
      '',
      'b -Inf\r',
      'a{x="2"} NaN',
      'c{} .5',
    ].join('\n');
    assert.deepEqual(await familiesOf(text), [
      {
        ...{ name: 'a', type: 'counter', help: 'What it \\\\ is.\\nAnd more' },
        lines: ['a{x="1", y="\\"\\\\\\n}",} 1e3 1395066363000', 'a{x="2"} NaN'],
      },
      { name: 'b', type: 'untyped', help: 'Without a help text.', lines: ['b -Inf'] },
      { name: 'c', type: 'untyped', help: 'Without a help text.', lines: ['c{} .5'] },
    ]);
  });

  test('gathers the parts of histograms and summaries', async () => {
    const text =
      '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n' +
      '# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 3\ns_count 2\nother_count 1';
    const families = await familiesOf(text);
    assert.deepEqual(
      families.map(({ name, lines }) => [name, lines.length]),
      [
        ['h', 4],
        ['s', 3],
        ['other_count', 1],
      ],
    );
  });

  test('an empty page is one', async () => {
    assert.deepEqual(await familiesOf(''), []);
  });
});

suite('what it would not take', () => {
  const cases: readonly (readonly [text: string, problem: RegExp])[] = [
    ['<html>', /^line 1: "<html>" is not Prometheus text$/],
    ['a', /not Prometheus text/],
    ['a+1', /not Prometheus text/],
    ['a 1 2 3', /not Prometheus text/],
    ['a 1 x', /not Prometheus text/],
    ['a one', /not Prometheus text/],
    ['a{x=1} 1', /not Prometheus text/],
    ['a{x="\\t"} 1', /not Prometheus text/],
    ['a{x="1" y="2"} 1', /not Prometheus text/],
    ['a{x="1} 1', /not Prometheus text/],
    ['{"a"} 1', /not Prometheus text/],
    ['a{x="1",x="2"} 1', /a label is there twice/],
    ['a{x="1",y="2"} 1\na{y="2",x="1"} 1', /^line 2: .* is there twice$/],
    ['# TYPE a gauge\n# TYPE a gauge', /^line 2: a second TYPE of a$/],
    ['# HELP a b\n# HELP a b', /^line 2: a second HELP of a$/],
    ['a 1\n# TYPE a gauge', /comes after its samples/],
    ['# TYPE a thing', /"thing" is not the type/],
    ['# TYPE a-b gauge', /"a-b" is not the name/],
    ['# TYPE h histogram\nh 1', /no sample of a histogram/],
    ['# TYPE h histogram\nh_bucket 1', /no sample of a histogram/],
    ['# TYPE s summary\ns 1', /no sample of a summary/],
    ['h_count 1\n# TYPE h histogram\nh_sum 1', /two metrics use the name h_count/],
    [`a{x="${'y'.repeat(20_000)}"} 1`, /longer than 16384/],
  ];
  for (const [text, problem] of cases) {
    test(JSON.stringify(text).slice(0, 60), async () => {
      assert.match(await problemOf(text), problem);
    });
  }

  test('more series than fit', async () => {
    const text = Array.from({ length: MAX_SERIES + 1 }, (_, n) => `a{n="${n}"} 1`).join('\n');
    assert.match(await problemOf(text), /more than 10000 series/);
    assert.equal((await familiesOf(text.slice(0, text.lastIndexOf('\n')))).length, 1);
  });
});

test('lets others go on while it reads', async () => {
  let turns = 0;
  const count = (): void => {
    turns += 1;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  await readExposition(Array.from({ length: 5000 }, (_, n) => `a{n="${n}"} 1`).join('\n'));
  clearImmediate(immediate);
  assert.ok(turns >= 9, `${turns} turns`);
});
