import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatText } from '../../../src/core/log-text.ts';

const line = {
  ...{ level: 'error', time: '2026-01-02T03:04:05.678Z', msg: 'startup failed' },
};

function shown(fields: object): string {
  return formatText(JSON.stringify({ ...line, ...fields }), false);
}

test('a line of the log is told with its fields, in quotes where they have spaces', () => {
  assert.equal(
    shown({ exit_code: 66, path: '/app/a.mjs', reason: 'not there' }),
    '03:04:05.678 ERROR hurricane startup failed exit_code=66 path=/app/a.mjs reason="not there"\n',
  );
});

test('what has lines of its own stands below, as it is', () => {
  const frame = 'file:///app/a.mjs:2\n  let a = +;\n           ^\n';
  assert.equal(
    shown({ output: frame, code: 1, err: { stack: 'Error: no\n    at a.mjs:1' } }),
    [
      '03:04:05.678 ERROR hurricane startup failed code=1',
      '    file:///app/a.mjs:2',
      '      let a = +;',
      '               ^',
      '    Error: no',
      '        at a.mjs:1',
      '',
    ].join('\n'),
  );
});
