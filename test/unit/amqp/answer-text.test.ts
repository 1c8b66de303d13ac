import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { suite, test } from 'node:test';

import { AnswerText } from '../../../src/amqp/answer-text.ts';

function textOf(headers: IncomingHttpHeaders, ...chunks: readonly (string | Buffer)[]): string {
  const answer = new AnswerText(headers);
  for (const chunk of chunks) answer.add(Buffer.from(chunk));
  return answer.text;
}

suite('what a server says', () => {
  test('is one line, whatever it is cut into', () => {
    assert.equal(textOf({}, ' no\r\n', 'such\t\u0007order\n'), 'no such order');
    const utf8 = Buffer.from('für');
    assert.equal(textOf({}, utf8.subarray(0, 2), utf8.subarray(2)), 'für');
  });

  test('is not longer than 200 characters', () => {
    assert.equal(textOf({}, '😀'.repeat(300)), '😀'.repeat(200));
    assert.equal(textOf({}, ...Array<string>(1000).fill('xy')), 'xy'.repeat(100));
  });

  test('is text or JSON, and nothing else', () => {
    const types = ['text/plain; charset=utf-8', 'application/json', 'application/problem+json'];
    for (const type of types) assert.equal(textOf({ 'content-type': type }, 'a'), 'a', type);
    for (const type of ['text/html', 'image/png', 'application/octet-stream']) {
      assert.equal(textOf({ 'content-type': type }, 'a'), '', type);
    }
    assert.equal(textOf({ 'content-encoding': 'gzip' }, 'a'), '');
  });
});
