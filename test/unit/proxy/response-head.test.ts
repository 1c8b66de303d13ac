import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  forwardableFields,
  forwardableTrailers,
  isBodyless,
  isEventStream,
} from '../../../src/proxy/response-head.ts';

test('fields of the app keep order, case and duplicates', () => {
  const raw = ['set-Cookie', 'a=""; Expires=x', 'X', '1', 'set-Cookie', 'b', 'Content-Length', '3'];
  assert.deepEqual(forwardableFields(raw, { status: 200, mayChunk: true }), raw);
});

test('hop-by-hop fields and those named in Connection do not go on', () => {
  const raw = [
    ...['Connection', 'keep-alive, X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=5'],
    ...['Transfer-Encoding', 'chunked', 'Upgrade', 'h2c', 'X', '2'],
  ];
  assert.deepEqual(forwardableFields(raw, { status: 200, mayChunk: true }), ['X', '2']);
});

test('Trailer goes on only when the answer goes out chunked', () => {
  const raw = ['Trailer', 'X-Sum'];
  assert.deepEqual(forwardableFields(raw, { status: 200, mayChunk: true }), raw);
  assert.deepEqual(forwardableFields(raw, { status: 200, mayChunk: false }), []);
  const long = [...raw, 'Content-Length', '1'];
  assert.deepEqual(forwardableFields(long, { status: 200, mayChunk: true }), [
    'Content-Length',
    '1',
  ]);
});

test('204 has no length, HEAD and 304 keep theirs', () => {
  const raw = ['Content-Length', '3'];
  assert.deepEqual(forwardableFields(raw, { status: 204, mayChunk: false }), []);
  assert.deepEqual(forwardableFields(raw, { status: 304, mayChunk: false }), raw);
});

test('trailers cannot change framing or meaning of the head', () => {
  const raw = [
    'X-Sum',
    '1',
    'Content-Length',
    '9',
    'Transfer-Encoding',
    'chunked',
    'Set-Cookie',
    'a',
  ];
  assert.deepEqual(forwardableTrailers(raw), [['X-Sum', '1']]);
});

test('HEAD, 1xx, 204 and 304 have no body', () => {
  const cases = [
    ['HEAD', 200, true],
    ['GET', 204, true],
    ['GET', 304, true],
    ['GET', 103, true],
    ['GET', 205, false],
    ['POST', 200, false],
  ] as const;
  for (const [method, status, expected] of cases) {
    assert.equal(isBodyless(method, status), expected, `${method} ${status}`);
  }
});

test('an event stream is known by its type, and has no length', () => {
  for (const type of ['text/event-stream', 'Text/Event-Stream; charset=utf-8']) {
    assert.ok(isEventStream({ 'content-type': type }));
    assert.ok(!isEventStream({ 'content-type': type, 'content-length': '5' }));
  }
  for (const type of ['text/event-streams', 'text/plain', undefined]) {
    assert.ok(!isEventStream({ 'content-type': type }));
  }
});
