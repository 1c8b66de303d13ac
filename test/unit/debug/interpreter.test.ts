import assert from 'node:assert/strict';
import { test } from 'node:test';

import { interpreterOf } from '../../../src/debug/interpreter.ts';

const cases: readonly (readonly [head: string, words: readonly string[]])[] = [
  ['#!/usr/bin/python3\nimport x', ['/usr/bin/python3']],
  ['#! /usr/bin/python3 -sP\n', ['/usr/bin/python3', '-sP']],
  ['#!/usr/bin/env ruby\n', ['ruby']],
  ['#!/usr/bin/env -S node --enable-source-maps\n', ['node', '--enable-source-maps']],
  ['\x7fELF\x02#!/bin/sh', []],
  ['', []],
];

for (const [head, words] of cases) {
  test(`${JSON.stringify(head)} is run by ${words.join(' ') || 'itself'}`, () => {
    assert.deepEqual(interpreterOf(head), words);
  });
}
