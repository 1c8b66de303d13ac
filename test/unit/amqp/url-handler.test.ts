import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judge } from '../../../src/amqp/url-handler.ts';

const table: readonly (readonly [
  status: number,
  fields: Record<string, string>,
  verdict: unknown,
])[] = [
  [200, {}, { kind: 'ack' }],
  [204, {}, { kind: 'ack' }],
  [301, {}, { kind: 'dead', reason: 'HTTP 301' }],
  [404, {}, { kind: 'dead', reason: 'HTTP 404' }],
  [408, {}, { kind: 'retry', reason: 'HTTP 408' }],
  [429, { 'retry-after': '2' }, { kind: 'retry', reason: 'HTTP 429', afterMs: 2000 }],
  [500, {}, { kind: 'retry', reason: 'HTTP 500' }],
  [503, { 'retry-after': 'soon' }, { kind: 'retry', reason: 'HTTP 503' }],
  [200, { 'x-hurricane-outcome': 'requeue' }, { kind: 'requeue', reason: 'HTTP 200' }],
  [500, { 'x-hurricane-outcome': 'dead' }, { kind: 'dead', reason: 'HTTP 500' }],
  [204, { 'x-hurricane-outcome': 'Dead' }, { kind: 'dead', reason: 'HTTP 204' }],
  [204, { 'x-hurricane-outcome': ' ACK ' }, { kind: 'ack', reason: 'HTTP 204' }],
  [
    200,
    { 'x-hurricane-outcome': ' RETRY ', 'retry-after': '2' },
    { kind: 'retry', reason: 'HTTP 200', afterMs: 2000 },
  ],
  ...[200, 404].map(
    (status) =>
      [
        status,
        { 'x-hurricane-outcome': 'deadletter' },
        {
          kind: 'retry',
          reason: `HTTP ${status}: X-Hurricane-Outcome is "deadletter", and must be one of ack, retry, dead, requeue, drop`,
        },
      ] as const,
  ),
];
for (const [status, fields, verdict] of table) {
  test(`${status} ${JSON.stringify(fields)} means ${JSON.stringify(verdict)}`, () => {
    assert.deepEqual(judge(status, fields), verdict);
  });
}
