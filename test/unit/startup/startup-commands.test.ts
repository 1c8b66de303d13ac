import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { ExitStatus } from '../../../src/core/exit-status.ts';
import { failure } from '../../../src/startup/startup-commands.ts';

type Case = readonly [name: string, status: ExitStatus, cut: 'timeout' | undefined, RegExp, RegExp];

const killed: ExitStatus = { kind: 'signalled', signal: 'SIGKILL' };
const cases: readonly Case[] = [
  [
    'a code',
    { kind: 'exited', code: 3 },
    undefined,
    /^startup command "migrate" exited with code 3$/,
    /last output/,
  ],
  ['SIGKILL', killed, undefined, /was ended by SIGKILL$/, /memory limit/],
  ['the timeout', killed, 'timeout', /did not end within 1.5s \(--command-timeout\)$/, /raise/],
  [
    'a missing program',
    { kind: 'not-started', code: 127, reason: 'migrate was not found in PATH' },
    undefined,
    /could not be started: migrate was not found in PATH$/,
    /install/,
  ],
  [
    'a file that is not executable',
    { kind: 'not-started', code: 126, reason: 'migrate is not executable' },
    undefined,
    /could not be started: migrate is not executable$/,
    /make the file executable/,
  ],
];

suite('the sentence about a failed startup command', () => {
  for (const [name, status, cut, sentence, hint] of cases) {
    test(`after ${name} says how it ended and what to do`, () => {
      const error = failure('migrate', { status, cut, output: 'last words' }, 1500);
      assert.match(error.message, sentence);
      assert.match(error.hint ?? '', hint);
      assert.equal(error.exitCode, 75);
      assert.equal(error.output, 'last words');
    });
  }
});
