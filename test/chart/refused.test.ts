// Values that cannot be meant are refused before anything reaches the cluster. The first line of each file says how.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite, test } from 'node:test';

import { helmSkip, leastValues, template } from '../helpers/helm.ts';

const files = globSync(join(import.meta.dirname, 'refused/*.yaml')).sort();

suite('values are refused with their path and the reason', { skip: helmSkip }, () => {
  for (const file of files) {
    const [first = ''] = readFileSync(file, 'utf8').split('\n', 1);
    const sentence = first.replace(/^# /, '');
    test(basename(file, '.yaml'), () => {
      const { status, stdout, stderr } = template({ files: [file] });
      assert.notEqual(status, 0, 'it was rendered');
      assert.ok(sentence.length > 10 && stderr.includes(sentence), stderr);
      assert.equal(stdout, '');
    });
  }

  test('but no addresses without a password, and none that a shell fills in', () => {
    const command = [`sh -c 'psql postgresql://$USER:$PASSWORD@database/shop'`];
    const waitFor = ['tcp://database:5432', 'http://search:9200?from=shop@example.com'];
    const hurricane = { command, waitFor, webhookUrl: ['https://us@hooks.example.com:8443/'] };
    assert.equal(template({ values: { ...leastValues, hurricane } }).stderr, '');
  });

  test('in at least 20 files', () => {
    assert.ok(files.length >= 20);
  });
});
