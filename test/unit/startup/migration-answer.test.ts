import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { MigrationQuestion } from '../../../src/config/slices/preparation.ts';
import type { ExitStatus } from '../../../src/core/exit-status.ts';
import { answerOf, isTelling, questionOf } from '../../../src/startup/migration-answer.ts';

const exited = (code: number): ExitStatus => ({ kind: 'exited', code });
const killed: ExitStatus = { kind: 'signalled', signal: 'SIGKILL' };

function answer(
  question: MigrationQuestion,
  status: ExitStatus,
  stdout: readonly string[] = [],
  pendingCode = 1,
): string {
  const asked = questionOf({ question, pendingCode, apply: undefined, timeoutMs: 1 });
  const telling = stdout.filter((line) => isTelling(asked, line));
  return answerOf(asked, status, telling).kind;
}

suite('the answer of a command', () => {
  const command = { kind: 'command', words: ['check'], text: 'check' } as const;

  test('is its exit code: 0 none, 1 pending, anything else unknown', () => {
    assert.equal(answer(command, exited(0)), 'none');
    assert.equal(answer(command, exited(1)), 'pending');
    for (const status of [exited(2), exited(126), exited(255), killed]) {
      assert.equal(answer(command, status), 'unknown');
    }
  });

  test('is pending by the code that was named, and then no longer by 1', () => {
    assert.equal(answer(command, exited(5), [], 5), 'pending');
    assert.equal(answer(command, exited(1), [], 5), 'unknown');
    assert.equal(answer(command, exited(0), [], 5), 'none');
  });

  test('says why it is none', () => {
    const asked = questionOf({ question: command, pendingCode: 1, apply: undefined, timeoutMs: 1 });
    assert.deepEqual(answerOf(asked, killed, []), {
      kind: 'unknown',
      reason: 'was ended by SIGKILL',
    });
  });
});

suite('the answer of Django', () => {
  const django = { kind: 'tool', tool: 'django', words: [] } as const;
  const plan = ['Planned operations:', 'shop.0001_initial', '    Create model Order'];
  const nothing = ['Planned operations:', '  No planned migration operations.'];

  test('is told by its plan where the exit code is that of every failure', () => {
    assert.equal(answer(django, exited(1), plan), 'pending');
    assert.equal(answer(django, exited(1), ['Traceback (most recent call last):']), 'unknown');
    assert.equal(answer(django, exited(1)), 'unknown');
  });

  test('lets nobody in without its word', () => {
    assert.equal(answer(django, exited(0), nothing), 'none');
    assert.equal(answer(django, exited(0)), 'unknown');
    assert.equal(answer(django, killed, nothing), 'unknown');
  });

  test('is asked with the words of the user behind its own', () => {
    const question = { ...django, words: ['--database', 'replica'] };
    const { words } = questionOf({ question, pendingCode: 1, apply: undefined, timeoutMs: 1 });
    assert.equal(words.join(' '), 'python3 manage.py migrate --check --plan --database replica');
  });
});

suite('the answer of knex', () => {
  const knex = { kind: 'tool', tool: 'knex', words: [] } as const;

  test('is told by its list, whose exit code is always 0, in colour too', () => {
    const red = (line: string): string => `\u001B[31m${line}`;
    assert.equal(answer(knex, exited(0), [red('No Pending Migration files Found.')]), 'none');
    assert.equal(answer(knex, exited(0), ['Found 2 Pending Migration file/files.']), 'pending');
    assert.equal(answer(knex, exited(0)), 'unknown');
    assert.equal(answer(knex, exited(1), ['No Pending Migration files Found.']), 'unknown');
  });
});
