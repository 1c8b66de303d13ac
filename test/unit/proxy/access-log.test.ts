import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { RequestRecord } from '../../../src/core/request-record.ts';
import { AccessLog } from '../../../src/proxy/access-log.ts';
import { recordedLog } from '../../helpers/recorded-log.ts';

const record: RequestRecord = {
  method: 'GET',
  target: '/a',
  status: 200,
  outcome: 'completed',
  fault: undefined,
  queueMs: 1.23456,
  appMs: 2,
  ttfbMs: 2,
  durationMs: 3.23456,
  requestBytes: 0,
  responseBytes: 5,
  requestId: 'r',
  traceparent: 't',
  clientAddress: '10.0.0.1',
  upgraded: false,
  fromFiles: false,
};

test('a line names the request, its fate and its times in milliseconds with three digits', () => {
  const log = recordedLog();
  new AccessLog(log, 'all').write(record);
  const [line] = log.lines;
  assert.equal(line?.message, 'request');
  assert.equal(line.fields['duration_ms'], 3.235);
  assert.equal(line.fields['queue_ms'], 1.235);
  assert.equal(line.fields['outcome'], 'completed');
  assert.equal(line.fields['client'], '10.0.0.1');
});

test('`errors` keeps 5xx and what we refused or cut, `off` keeps nothing', () => {
  const records: RequestRecord[] = [
    record,
    { ...record, status: 404 },
    { ...record, status: 500 },
    { ...record, status: 413, outcome: 'shed', fault: 'body-too-large' },
    { ...record, status: 504, outcome: 'failed', fault: 'app-timeout' },
  ];
  const errors = recordedLog();
  const off = recordedLog();
  for (const each of records) {
    new AccessLog(errors, 'errors').write(each);
    new AccessLog(off, 'off').write(each);
  }
  assert.deepEqual(
    errors.lines.map(({ fields }) => fields['status']),
    [500, 413, 504],
  );
  assert.deepEqual(off.lines, []);
});

test('what the app or the stop lost is named in every mode, as a warning', () => {
  for (const mode of ['all', 'errors', 'off'] as const) {
    for (const fault of ['app-reset', 'app-truncated', 'stopped'] as const) {
      const log = recordedLog();
      new AccessLog(log, mode).write({ ...record, outcome: 'failed', fault });
      const [line] = log.lines;
      const { request_id: id, method, target } = line?.fields ?? {};
      assert.deepEqual([line?.level, id, method, target], ['warn', 'r', 'GET', '/a']);
    }
  }
});

test('what was refused after the stop was not lost', () => {
  const log = recordedLog();
  new AccessLog(log, 'off').write({ ...record, outcome: 'shed', fault: 'stopped' });
  assert.deepEqual(log.lines, []);
});
