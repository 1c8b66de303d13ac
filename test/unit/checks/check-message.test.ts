import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  describeMessage,
  isFailure,
  parseLine,
  parseReturned,
} from '../../../src/checks/check-message.ts';

test('reads a line of JSON as a message, whatever else stands in it', () => {
  assert.deepEqual(
    parseLine('{"level":"warning","msg":"slow","hint":"wait","id":"db.1","obj":{"a":1},"x":2}'),
    { level: 'warning', msg: 'slow', hint: 'wait', id: 'db.1', obj: '{"a":1}' },
  );
});

test('takes all other lines as output', () => {
  for (const line of [
    '',
    'level: error',
    '{not json}',
    '{"level":30,"msg":"of pino"}',
    '{"level":"fatal","msg":"unknown level"}',
    '{"level":"error"}',
    '["error"]',
    'null',
  ]) {
    assert.equal(parseLine(line), undefined, line);
  }
});

test('fails from the level error on', () => {
  const failing = (['debug', 'info', 'warning', 'error', 'critical'] as const).filter((level) =>
    isFailure({ level, msg: '' }),
  );
  assert.deepEqual(failing, ['error', 'critical']);
});

test('takes nothing as good, a message, or a list of messages', () => {
  const message = { level: 'error', msg: 'down' };
  assert.deepEqual(parseReturned(undefined), []);
  assert.deepEqual(parseReturned(null), []);
  assert.deepEqual(parseReturned([]), []);
  assert.deepEqual(parseReturned(message).map(describeMessage), ['down']);
  assert.deepEqual(parseReturned([message, message]).map(describeMessage), ['down', 'down']);
});

test('fails on anything else that a module returns, and says what it should return', () => {
  for (const value of [true, 'ok', 7, 7n, { level: 'bad', msg: 'x' }, [undefined]]) {
    const [message] = parseReturned(value);
    assert.ok(message && isFailure(message));
    assert.match(message.msg, /^it returned .*: return nothing, or messages/);
  }
});

test('describes a message with what it is about and what to do', () => {
  const message = { level: 'error', msg: 'no answer', hint: 'start it', obj: 'db' } as const;
  assert.equal(describeMessage(message), 'no answer (db), start it');
});
