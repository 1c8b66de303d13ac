import assert from 'node:assert/strict';
import { test } from 'node:test';

import { faultOfError } from '../../../src/proxy/faults.ts';

const errors: [string, object, string][] = [
  ['a refused connection', { code: 'ECONNREFUSED', syscall: 'connect' }, 'app-refused'],
  ['a missing socket file', { code: 'ENOENT', syscall: 'connect' }, 'app-refused'],
  ['a reset', { code: 'ECONNRESET', syscall: 'read' }, 'app-reset'],
  ['a hang-up', { code: 'ECONNRESET' }, 'app-reset'],
  ['a head that is not HTTP', { code: 'HPE_INVALID_CONSTANT' }, 'app-malformed'],
  ['a head beyond the limit', { code: 'HPE_HEADER_OVERFLOW' }, 'app-malformed'],
];

for (const [what, fields, fault] of errors) {
  test(`${what} is ${fault}`, () => {
    assert.equal(faultOfError(Object.assign(new Error(what), fields)), fault);
  });
}
