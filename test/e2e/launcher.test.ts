import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Script } from 'node:vm';

import { useTempDir } from '../helpers/temp-dir.ts';

const dist = join(import.meta.dirname, '../../dist');

test('V8 takes the code that the build compiled', () => {
  const cache = readFileSync(join(dist, 'program.cache'));
  const source = readFileSync(join(dist, 'program.js'), 'latin1');
  const build = source.slice(0, source.indexOf('\n') + 1);
  assert.equal(cache.toString('latin1', 0, build.length), build);
  const script = new Script(source, { cachedData: cache.subarray(build.length) });
  assert.equal(script.cachedDataRejected, false);
});

test('code of another build is not taken, and the program runs all the same', (t) => {
  const copy = useTempDir(t);
  cpSync(dist, copy, { recursive: true, filter: (path) => !path.endsWith('/hurricane') });
  const path = join(copy, 'program.js');
  // As long as before: V8 itself would not notice.
  const changed = readFileSync(path, 'latin1')
    .replace(/^\/\/ ..../, '// 0000')
    .replaceAll('a good citizen of Kubernetes', 'A GOOD CITIZEN OF KUBERNETES');
  writeFileSync(path, changed, 'latin1');
  const welcome = execFileSync(process.execPath, [join(copy, 'hurricane.js')]).toString();
  assert.match(welcome, /A GOOD CITIZEN/);
});

test('an older Node is told that it is too old', (t) => {
  const version = `Object.defineProperty(process.versions, 'node', { value: '20.1.0' });`;
  const older = join(useTempDir(t), 'older.cjs');
  writeFileSync(older, version);
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--require', older, join(dist, 'hurricane.js'), '--version'],
    { encoding: 'utf8' },
  );
  assert.equal(status, 69);
  assert.match(stderr, /^hurricane needs Node 26 or newer, and this is 20\.1\.0: [^\n]+\n$/);
});
