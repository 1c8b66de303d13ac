import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readWord } from '../../../src/amqp/program-words.ts';

const understood: readonly (readonly [line: string, meaning: unknown])[] = [
  ['{"t":"ready"}', { kind: 'ready' }],
  ['{"t":"log","msg":"half done"}', { kind: 'log', text: 'half done' }],
  ['{"id":7,"r":"ack"}', { kind: 'settled', id: 7, verdict: { kind: 'ack' } }],
  ['{"id":7,"r":"requeue"}', { kind: 'settled', id: 7, verdict: { kind: 'requeue' } }],
  [
    '{"id":7,"r":"retry","after":500,"reason":"busy"}',
    { kind: 'settled', id: 7, verdict: { kind: 'retry', afterMs: 500, reason: 'busy' } },
  ],
  [
    '{"id":7,"r":"dead","reason":"x"}',
    { kind: 'settled', id: 7, verdict: { kind: 'dead', reason: 'x' } },
  ],
  ['{"id":7,"r":"drop"}', { kind: 'settled', id: 7, verdict: { kind: 'drop' } }],
];
for (const [line, meaning] of understood) {
  test(`understands ${line}`, () => {
    assert.deepEqual(readWord(line), meaning);
  });
}

for (const line of [
  'hello',
  '7',
  'null',
  '{}',
  '{"id":"7","r":"ack"}',
  '{"id":7,"r":"done"}',
  '{"id":7',
]) {
  test(`does not guess what ${line} means`, () => {
    const word = readWord(line);
    assert.equal(word.kind, 'nonsense');
    assert.ok('reason' in word && word.reason.startsWith(`its line ${JSON.stringify(line)} `));
  });
}

test('tells an id that is a text from none at all', () => {
  const reasonOf = (line: string): string => {
    const word = readWord(line);
    return 'reason' in word ? word.reason : assert.fail(word.kind);
  };
  assert.match(
    reasonOf('{"id":"7","r":"ack"}'),
    / has its "id" as a text: give it back as the number /,
  );
  assert.match(reasonOf('{"r":"ack"}'), / has neither a known "t" nor an "id"$/);
});
