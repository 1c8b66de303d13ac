import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { fileName } from '../../../src/files/file-name.ts';

suite('the name of a file', () => {
  const names: Readonly<Record<string, readonly string[]>> = {
    'a.css': ['a.css'],
    'css/a.css': ['css', 'a.css'],
    'css//a.css': ['css', 'a.css'],
    'css%2Fa.css': ['css', 'a.css'],
    'with%20space%3F%23.txt': ['with space?#.txt'],
    '%E2%82%AC': ['€'],
    // Decoded once: this is the name of a file.
    '%252e%252e': ['%2e%2e'],
    'back\\slash': ['back\\slash'],
    'a..b/c.': ['a..b', 'c.'],
  };
  for (const [path, segments] of Object.entries(names)) {
    test(`${path} is ${segments.join(' in ')}`, () => {
      assert.deepEqual(fileName(path), { kind: 'name', segments });
    });
  }

  const hidden = [
    ...['', '/', 'css/', '.env', '.git/config', 'css/.hidden', '%2eenv'],
    ...['..', '../x', 'css/../../x', '%2e%2e/x', '..%2fx', 'x/%2E%2E%2Fy', './x', '...'],
  ];
  for (const path of hidden) {
    test(`${path || 'nothing'} is not to be had`, () => {
      assert.deepEqual(fileName(path), { kind: 'hidden' });
    });
  }

  for (const path of ['%', '%zz', '%ff', 'a%00b', '%c0%ae%c0%ae/x']) {
    test(`${path} is malformed`, () => assert.deepEqual(fileName(path), { kind: 'malformed' }));
  }
});
