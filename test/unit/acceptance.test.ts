import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { TestResult } from '../../scripts/test-run.ts';
import { acceptance, judgeAcceptance } from '../acceptance.ts';

const shown = Object.entries(acceptance)
  .filter(([, { verdict }]) => verdict === 'tested')
  .flatMap(([id]) => ['js', 'binary'].map((artefact) => result(id, artefact)));

function result(id: string, artefact: string): TestResult {
  const name = `${id} does what it should [${artefact}]`;
  return {
    file: 'test/e2e/some.test.ts',
    name,
    outcome: 'passed',
    artefacts: [artefact],
    seconds: 1,
  };
}

function complaintsWith(change: (result: TestResult) => TestResult | undefined): string[] {
  return judgeAcceptance(shown.flatMap((each) => change(each) ?? []));
}

test('a report in which every line is shown on both artefacts has nothing to complain about', () => {
  assert.deepEqual(judgeAcceptance(shown), []);
});

test('a line without a test, or with one for a single artefact, is unmet', () => {
  assert.match(complaintsWith((each) => drop(each, /^E02/)).join(), /E02 .*no test has it/);
  assert.match(complaintsWith((each) => drop(each, /^E02.*js/)).join(), /E02 .*not shown on js/);
});

test('a test that was skipped, failed, or started nothing shows no line', () => {
  const changed = (change: Partial<TestResult>): string =>
    complaintsWith((each) => (/^B07.*js/.test(each.name) ? { ...each, ...change } : each)).join();
  assert.match(changed({ outcome: 'skipped' }), /B07 .*was skipped/);
  assert.match(changed({ outcome: 'failed' }), /B07 .*was failed/);
  assert.match(changed({ artefacts: [] }), /B07 .*started no artefact/);
});

test('tests outside of test/e2e show no line', () => {
  const moved = complaintsWith((each) => ({ ...each, file: 'test/unit/some.test.ts' }));
  assert.ok(moved.length >= shown.length / 2);
});

test('a test of a line that is said not to be shipped makes its row wrong', () => {
  assert.match(judgeAcceptance([...shown, result('A30', 'js')]).join(), /A30 has a test/);
});

function drop(each: TestResult, title: RegExp): TestResult | undefined {
  return title.test(each.name) ? undefined : each;
}
